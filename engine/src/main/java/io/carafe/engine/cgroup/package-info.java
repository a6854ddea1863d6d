/** Who owns the cgroups of a node, and how pods, containers and monitors come into theirs. */
package io.carafe.engine.cgroup;
