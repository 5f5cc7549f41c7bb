package org.batchengine.examples.kotlin

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres
import java.io.ByteArrayOutputStream
import java.io.PrintStream
import java.math.BigDecimal
import java.nio.file.Files
import java.nio.file.Path
import java.time.Duration
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlin.io.path.readText
import kotlin.io.path.writeText
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.runBlocking
import org.assertj.core.api.Assertions.assertThat
import org.batchengine.BatchEngine
import org.batchengine.JobOptions
import org.batchengine.JobType
import org.batchengine.codec.Jackson3Codecs
import org.batchengine.codec.JacksonCodecs
import org.batchengine.codec.PayloadCodecs
import org.batchengine.codec.PayloadType
import org.batchengine.jdbc.JdbcBatchStore
import org.batchengine.memory.InMemoryBatchStore
import org.batchengine.model.ItemState
import org.batchengine.model.RetryPolicy
import org.jetbrains.kotlin.cli.common.ExitCode
import org.jetbrains.kotlin.cli.jvm.K2JVMCompiler
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import com.fasterxml.jackson.module.kotlin.jacksonObjectMapper as jackson2
import tools.jackson.module.kotlin.jacksonObjectMapper as jackson3

/** A host in Kotlin: data classes as payloads, with both generations of Jackson. */
class AnnotatingTest {
    @TempDir lateinit var folder: Path

    @Test
    fun onH2() {
        val url = "jdbc:h2:${folder.resolve("h2")}"
        runs(url, PayloadCodecs.standard())
        runs(url, JacksonCodecs.of(jackson2()))
        runs(url, Jackson3Codecs.of(jackson3()))
    }

    @Test
    fun onPostgreSql() {
        EmbeddedPostgres.start().use { server ->
            val url = server.getJdbcUrl("postgres", "postgres")
            runs(url, PayloadCodecs.standard())
            runs(url, Jackson3Codecs.of(jackson3()))
        }
    }

    private fun runs(url: String, codecs: PayloadCodecs) {
        val invoices =
            listOf(
                Invoice("1", BigDecimal("9.50")),
                Invoice("2", BigDecimal.ZERO),
                Invoice("3", BigDecimal("0.10"), note = "at once"),
            )
        BatchEngine.builder(JdbcBatchStore.open(url)).codecs(codecs).annotating().start().use { engine ->
            val id = annotate(engine, invoices)
            assertThat(engine.await(id).counts().succeeded()).isEqualTo(2)
            val items = engine.results(ANNOTATE, id).toList()
            assertThat(items.map { it.input() }).isEqualTo(invoices)
            assertThat(items.map { it.output().orElse(null) })
                .containsExactly(Label("Invoice 1"), null, Label("Invoice 3", urgent = true))
            assertThat(engine.item(id, 1).orElseThrow().state()).isEqualTo(ItemState.SKIPPED)
        }
    }

    @Test
    fun whatIsMissingHasItsDefault() {
        for (codecs in listOf(PayloadCodecs.standard(), JacksonCodecs.of(jackson2()), Jackson3Codecs.of(jackson3()))) {
            val read = codecs.codecFor(PayloadType.of(Label::class.java)).decode("""{"text":"a"}""")
            assertThat(read).isEqualTo(Label("a", urgent = false))
        }
    }

    @Test
    fun aTimeoutCancelsTheCoroutine() {
        val length = JobType.of("length", String::class.java, Int::class.java)
        val slow = JobType.of("slow", String::class.java)
        val cancelled = CountDownLatch(1)
        val options = JobOptions.defaults().timeout(Duration.ofMillis(100)).retry(RetryPolicy.none())
        BatchEngine.builder(InMemoryBatchStore())
            .register(length) { text -> text.length }
            .registerAction(
                slow,
                {
                    runBlocking {
                        try {
                            awaitCancellation()
                        } finally {
                            cancelled.countDown()
                        }
                    }
                },
                options,
            )
            .start()
            .use { engine ->
                val id = engine.submit(slow, listOf("a"))
                assertThat(engine.await(id).counts().failed()).isEqualTo(1)
                assertThat(engine.errors(id, 0).first().type()).isEqualTo("TIMEOUT")
                assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue()
                assertThat(engine.await(engine.submit(length, listOf("three"))).counts().succeeded()).isEqualTo(1)
            }
    }

    @Test
    fun theDocumentShowsWhatIsCompiled() {
        val source = Path.of("src/main/kotlin/org/batchengine/examples/kotlin/Annotating.kt").readText()
        val sample = Regex("<!-- sample: kotlin -->\\s*```kotlin\n(.*?)```", RegexOption.DOT_MATCHES_ALL)
        val shown = sample.find(Path.of("../../docs/hosts.md").readText())!!.groupValues[1]
        assertThat(source).contains(shown)
    }

    @Test
    fun whatMayNotBeNullIsAMistake() {
        assertThat(compiled("fun f(batches: Batches, id: BatchId): Long = batches.status(id).counts().total()"))
            .isEqualTo("")
        assertThat(compiled("fun f(batches: Batches) = batches.status(null)")).contains("null cannot be a value of a non-null type")
        assertThat(compiled("fun f(builder: BatchEngine.Builder, name: String?) = builder.node(name)"))
            .contains("String?", "String")
    }

    @Test
    fun aProcessorDoesNotSuspend() {
        val processor = "fun f(builder: BatchEngine.Builder) = builder.register(ANNOTATE) { invoice, _ -> label(invoice) }"
        assertThat(compiled(processor)).containsIgnoringCase("suspend")
        assertThat(compiled(processor.replace("label(invoice)", "runBlocking { label(invoice) }"))).isEqualTo("")
    }

    /** What the compiler says, nothing if it has no objection. */
    private fun compiled(line: String): String {
        val file = Files.createTempFile(folder, "Sample", ".kt")
        file.writeText(
            """
            import kotlinx.coroutines.runBlocking
            import org.batchengine.*
            import org.batchengine.examples.kotlin.*
            import org.batchengine.model.*
            $line
            """.trimIndent()
        )
        val said = ByteArrayOutputStream()
        val code =
            K2JVMCompiler()
                .exec(
                    PrintStream(said),
                    "-cp", System.getProperty("java.class.path"),
                    "-d", folder.resolve("classes").toString(),
                    "-no-stdlib", "-no-reflect",
                    "-nowarn",
                    file.toString(),
                )
        assertThat(code == ExitCode.OK).isEqualTo(said.size() == 0)
        return said.toString()
    }
}
