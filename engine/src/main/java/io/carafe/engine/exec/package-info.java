/** Processes beside the first one of a container: run to their end, or talked to by a client. */
package io.carafe.engine.exec;
