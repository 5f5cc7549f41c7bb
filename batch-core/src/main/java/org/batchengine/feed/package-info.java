/** What happened to batches: events, pages of them, and what an audit asks for. */
@NullMarked
package org.batchengine.feed;

import org.jspecify.annotations.NullMarked;
