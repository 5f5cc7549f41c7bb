/** The servlet in hosts other than the service's own. */
@org.jspecify.annotations.NullMarked
package org.batchengine.web.hosts;
