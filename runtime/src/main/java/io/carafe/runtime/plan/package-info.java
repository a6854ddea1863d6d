/**
 * Plans: what the launcher does to make a container ({@link io.carafe.runtime.plan.Plan}), how they are written, read and
 * printed, and the compiler that makes one of a {@code config.json} and the facts of a host, without touching either.
 */
package io.carafe.runtime.plan;
