/** The {@code carafe} command: containers for people, over the daemon's socket. */
package io.carafe.cli;
