package io.carafe.cri;

import io.carafe.engine.model.Resources;
import io.carafe.proto.cri.v1.HugepageLimit;
import io.carafe.proto.cri.v1.LinuxContainerResources;
import java.util.Map;

/** Limits. */
final class ResourceMessages {

    private ResourceMessages() {}

    /** For something new: the OOM score is always meant, also when it is 0. */
    static Resources forCreation(LinuxContainerResources message) {
        return resources(message, message.getOomScoreAdj());
    }

    /** For something that has limits already: what is 0 or empty stays. */
    static Resources forUpdate(LinuxContainerResources message) {
        return resources(message, message.getOomScoreAdj() == 0 ? null : (Long) message.getOomScoreAdj());
    }

    private static Resources resources(LinuxContainerResources message, Long oomScoreAdj) {
        return new Resources(
                message.getCpuPeriod(),
                message.getCpuQuota(),
                message.getCpuShares(),
                message.getMemoryLimitInBytes(),
                message.getMemorySwapLimitInBytes(),
                oomScoreAdj,
                message.getCpusetCpus(),
                message.getCpusetMems(),
                message.getHugepageLimitsList().stream()
                        .map(limit -> new Resources.HugepageLimit(limit.getPageSize(), limit.getLimit()))
                        .toList(),
                Map.copyOf(message.getUnifiedMap()));
    }

    static LinuxContainerResources message(Resources resources) {
        return LinuxContainerResources.newBuilder()
                .setCpuPeriod(resources.cpuPeriod())
                .setCpuQuota(resources.cpuQuota())
                .setCpuShares(resources.cpuShares())
                .setMemoryLimitInBytes(resources.memoryLimit())
                .setMemorySwapLimitInBytes(resources.memorySwapLimit())
                .setOomScoreAdj(resources.oomScoreAdj() == null ? 0 : resources.oomScoreAdj())
                .setCpusetCpus(resources.cpusetCpus())
                .setCpusetMems(resources.cpusetMems())
                .addAllHugepageLimits(resources.hugepageLimits().stream()
                        .map(limit -> HugepageLimit.newBuilder()
                                .setPageSize(limit.pageSize())
                                .setLimit(limit.bytes())
                                .build())
                        .toList())
                .putAllUnified(resources.unified())
                .build();
    }
}
