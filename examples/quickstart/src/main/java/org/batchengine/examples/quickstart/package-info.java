/** The quickstart: one batch that audits the files of a Maven repository. */
@NullMarked
package org.batchengine.examples.quickstart;

import org.jspecify.annotations.NullMarked;
