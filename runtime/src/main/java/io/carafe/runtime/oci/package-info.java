/** The commands of {@code carafe-oci} that are Java's: what the launcher leaves to a JVM because nobody waits for it. */
package io.carafe.runtime.oci;
