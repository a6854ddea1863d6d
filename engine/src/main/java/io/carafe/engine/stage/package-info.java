/**
 * How the engine works: in stages.
 *
 * <p>Whatever takes resources for a pod or a container is a short list of {@link io.carafe.engine.stage.Stage}s, and an
 * {@link io.carafe.engine.stage.Operation} walks along it: forward to make, backward to undo. Failure, cancel, crash, stop
 * and remove all go the same way back. Read {@link io.carafe.engine.stage.Stage} first, then
 * {@link io.carafe.engine.stage.Stages}.
 */
package io.carafe.engine.stage;
