/** What pods and containers use: read from cgroups, network namespaces and snapshots, cached for a second. */
package io.carafe.engine.stats;
