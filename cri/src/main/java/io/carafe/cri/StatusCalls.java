package io.carafe.cri;

import io.carafe.engine.Engine;
import io.carafe.engine.model.EngineStatus;
import io.carafe.proto.cri.v1.CgroupDriver;
import io.carafe.proto.cri.v1.LinuxRuntimeConfiguration;
import io.carafe.proto.cri.v1.RuntimeCondition;
import io.carafe.proto.cri.v1.RuntimeConfigResponse;
import io.carafe.proto.cri.v1.RuntimeFeatures;
import io.carafe.proto.cri.v1.RuntimeHandler;
import io.carafe.proto.cri.v1.RuntimeHandlerFeatures;
import io.carafe.proto.cri.v1.RuntimeStatus;
import io.carafe.proto.cri.v1.StatusRequest;
import io.carafe.proto.cri.v1.StatusResponse;
import io.carafe.proto.cri.v1.UpdateRuntimeConfigRequest;
import io.carafe.proto.cri.v1.UpdateRuntimeConfigResponse;
import java.util.Locale;

/** Calls about the runtime itself. */
final class StatusCalls {

    private final Engine engine;
    private final Node node;

    StatusCalls(Engine engine, Node node) {
        this.engine = engine;
        this.node = node;
    }

    StatusResponse status(StatusRequest request) {
        var status = engine.status();
        var response = StatusResponse.newBuilder();
        var conditions = RuntimeStatus.newBuilder()
                .addConditions(condition("RuntimeReady", status.runtime()))
                .addConditions(condition("NetworkReady", status.network()));
        for (var handler : status.handlers()) {
            if (!handler.problem().isEmpty()) {
                conditions.addConditions(condition(
                        "RuntimeHandlerReady/" + handler.name(),
                        new EngineStatus.Condition(false, "RuntimeHandlerUnusable", handler.problem())));
            }
            response.addRuntimeHandlers(handler(handler.name(), handler));
            if (handler.isDefault()) {
                response.addRuntimeHandlers(handler("", handler));
            }
        }
        response.setStatus(conditions)
                .setFeatures(RuntimeFeatures.newBuilder()
                        .setSupplementalGroupsPolicy(true)
                        .setUserNamespacesHostNetwork(
                                status.handlers().stream().anyMatch(EngineStatus.Handler::userNamespaces))
                        .setMountOptions(true));
        if (request.getVerbose()) {
            response.putInfo("config", VerboseInfo.json(new ConfigInfo(node)));
        }
        return response.build();
    }

    /** Members that critest and people look for; {@code stateDir} is where root file systems lie. */
    private record ConfigInfo(String rootDir, String stateDir, String cgroupDriver, String cgroupVersion) {
        ConfigInfo(Node node) {
            this(
                    node.root().toString(),
                    node.root().resolve("state").toString(),
                    node.cgroupDriver().name().toLowerCase(Locale.ROOT),
                    node.cgroupVersion());
        }
    }

    private static RuntimeCondition condition(String type, EngineStatus.Condition condition) {
        return RuntimeCondition.newBuilder()
                .setType(type)
                .setStatus(condition.ready())
                .setReason(condition.reason())
                .setMessage(condition.message())
                .build();
    }

    /** The default handler is listed under its name and under the empty one. */
    private static RuntimeHandler handler(String name, EngineStatus.Handler handler) {
        return RuntimeHandler.newBuilder()
                .setName(name)
                .setFeatures(RuntimeHandlerFeatures.newBuilder()
                        .setRecursiveReadOnlyMounts(handler.recursiveReadonlyMounts())
                        .setUserNamespaces(handler.userNamespaces()))
                .build();
    }

    /** The kubelet tells the node's pod CIDRs, as soon as it knows them and whenever they change. */
    UpdateRuntimeConfigResponse updateRuntimeConfig(UpdateRuntimeConfigRequest request) {
        var cidr = request.getRuntimeConfig().getNetworkConfig().getPodCidr();
        if (!cidr.isEmpty()) {
            engine.usePodCidrs(cidr);
        }
        return UpdateRuntimeConfigResponse.getDefaultInstance();
    }

    RuntimeConfigResponse runtimeConfig() {
        var driver = switch (node.cgroupDriver()) {
            case CGROUPFS -> CgroupDriver.CGROUPFS;
            case SYSTEMD -> CgroupDriver.SYSTEMD;
        };
        return RuntimeConfigResponse.newBuilder()
                .setLinux(LinuxRuntimeConfiguration.newBuilder().setCgroupDriver(driver))
                .build();
    }
}
