package io.carafe.cli;

import com.google.protobuf.Message;
import io.carafe.proto.cri.v1.ContainerStatusRequest;
import io.carafe.proto.cri.v1.ImageSpec;
import io.carafe.proto.cri.v1.ImageStatusRequest;
import io.carafe.proto.cri.v1.PodSandboxStatusRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

final class InspectCommand extends DaemonCommand {

    private final Supplier<List<String>> names = words.someWords("NAME");

    InspectCommand(Carafe carafe) {
        super(carafe, "inspect", "Tell all about containers, pods or images, as JSON.");
    }

    @Override
    int run(Connection daemon) {
        var lookup = Lookup.in(daemon);
        var found = new ArrayList<Map<String, Object>>();
        for (var name : names.get()) {
            found.add(inspect(daemon, lookup, name));
        }
        out.println(JsonText.of(found));
        return 0;
    }

    private static Map<String, Object> inspect(Connection daemon, Lookup lookup, String name) {
        var container = lookup.findContainer(name);
        if (container.isPresent()) {
            var answer = daemon.runtime()
                    .containerStatus(ContainerStatusRequest.newBuilder()
                            .setContainerId(container.get().getId())
                            .setVerbose(true)
                            .build());
            var json = whole("container", answer.getStatus(), answer.getInfoMap());
            json.put("podSandboxId", container.get().getPodSandboxId());
            return json;
        }
        var pod = lookup.findPod(name);
        if (pod.isPresent()) {
            var answer = daemon.runtime()
                    .podSandboxStatus(PodSandboxStatusRequest.newBuilder()
                            .setPodSandboxId(pod.get().getId())
                            .setVerbose(true)
                            .build());
            return whole("pod", answer.getStatus(), answer.getInfoMap());
        }
        var image = daemon.images()
                .imageStatus(ImageStatusRequest.newBuilder()
                        .setImage(ImageSpec.newBuilder().setImage(name))
                        .setVerbose(true)
                        .build());
        if (!image.hasImage()) {
            throw new Failure("no such container, pod or image: " + name);
        }
        return whole("image", image.getImage(), image.getInfoMap());
    }

    private static Map<String, Object> whole(String kind, Message status, Map<String, String> info) {
        var json = new LinkedHashMap<String, Object>();
        json.put("kind", kind);
        json.putAll(MessageJson.of(status));
        info.forEach((key, text) -> json.putIfAbsent(key, looksLikeJson(text) ? new JsonText.Raw(text) : text));
        return json;
    }

    /** The CRI has JSON in these texts, by convention; what is no object or list is shown as a string. */
    private static boolean looksLikeJson(String text) {
        var stripped = text.strip();
        return (stripped.startsWith("{") && stripped.endsWith("}"))
                || (stripped.startsWith("[") && stripped.endsWith("]"));
    }
}
