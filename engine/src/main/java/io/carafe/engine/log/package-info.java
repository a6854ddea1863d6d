/**
 * Logs of containers in the CRI's format: where they are, and how they are read. Writing is the monitor's, rotation the
 * kubelet's.
 */
package io.carafe.engine.log;
