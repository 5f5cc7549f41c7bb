/** A Spring Boot application that books uploaded CSV files. */
package org.batchengine.examples.spring;
