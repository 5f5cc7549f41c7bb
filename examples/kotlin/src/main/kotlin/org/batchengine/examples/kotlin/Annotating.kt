package org.batchengine.examples.kotlin

import java.math.BigDecimal
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import org.batchengine.BatchEngine
import org.batchengine.BatchRequest
import org.batchengine.Batches
import org.batchengine.JobType
import org.batchengine.model.BatchId

data class Invoice(val number: String, val total: BigDecimal, val note: String? = null)

data class Label(val text: String, val urgent: Boolean = false)

val ANNOTATE: JobType<Invoice, Label> =
    JobType.of("annotate", Invoice::class.java, Label::class.java)

fun BatchEngine.Builder.annotating(): BatchEngine.Builder =
    register(ANNOTATE) { invoice, context ->
        if (invoice.total.signum() == 0) context.skip<Nothing>("nothing to pay")
        runBlocking { label(invoice) } // suspends, so it needs a thread that waits for it
    }

fun annotate(batches: Batches, invoices: List<Invoice>): BatchId =
    batches.submit(BatchRequest.of(ANNOTATE, invoices).keyedBy { it.number })

suspend fun label(invoice: Invoice): Label {
    delay(1)
    return Label("Invoice ${invoice.number}", urgent = invoice.note != null)
}
