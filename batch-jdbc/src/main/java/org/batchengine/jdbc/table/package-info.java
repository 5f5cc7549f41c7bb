/** Tables that several verbs read and write, and changes that several verbs make. */
@NullMarked
package org.batchengine.jdbc.table;

import org.jspecify.annotations.NullMarked;
