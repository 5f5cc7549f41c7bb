/**
 * A program that serves batches over HTTP: {@link org.batchengine.web.BatchServlet} in a Tomcat of
 * its own, who gets in by which token, and operations that do real work.
 */
@NullMarked
package org.batchengine.examples.service;

import org.jspecify.annotations.NullMarked;
