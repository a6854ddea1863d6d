package io.carafe.engine.spec;

import io.carafe.engine.model.ContainerConfig;
import io.carafe.engine.model.PodConfig;
import io.carafe.oci.image.ImageConfig;
import io.carafe.oci.runtime.Features;
import io.carafe.runtime.RuntimeHandlers;
import java.nio.file.Path;
import java.util.Map;

/**
 * Everything that one container's {@code config.json} is made from.
 *
 * @param image the defaults that the image gives its process
 * @param imageName for annotations: what the container was asked to be made from
 * @param rootfs directory where the container's snapshot is mounted
 * @param place what the pod has prepared for its containers
 * @param targetPidNamespace pid namespace of the target container when the pid mode is TARGET, else null
 * @param imageVolumes mounted files of image volumes by their path in the container
 * @param cgroupsPath goes into the document as it is
 * @param cgroupAnnotations what the runtime must be told beside it
 * @param handler the runtime's handler as configured
 * @param runtime what the runtime says it can do; null if it does not say
 */
public record SpecRequest(
        String podId,
        String containerId,
        PodConfig pod,
        ContainerConfig container,
        ImageConfig.Execution image,
        String imageName,
        Path rootfs,
        PodPlace place,
        Path targetPidNamespace,
        Map<String, Path> imageVolumes,
        String cgroupsPath,
        Map<String, String> cgroupAnnotations,
        RuntimeHandlers.Handler handler,
        Features runtime) {}
