/**
 * Auto-configuration for Spring Boot 3.5 and 4: an engine on the application's {@code DataSource}.
 * The rest of the library runs without Spring.
 */
@NullMarked
package org.batchengine.spring;

import org.jspecify.annotations.NullMarked;
