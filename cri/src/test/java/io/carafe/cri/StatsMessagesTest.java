package io.carafe.cri;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.carafe.engine.model.ContainerStats;
import io.carafe.engine.model.ContainerStats.Pressure;
import io.carafe.engine.model.ContainerStats.Stall;
import io.carafe.proto.cri.v1.ContainerConfig;
import io.carafe.proto.cri.v1.ContainerMetadata;
import io.carafe.proto.cri.v1.ImageSpec;
import io.carafe.proto.cri.v1.PsiData;
import io.carafe.proto.cri.v1.PsiStats;
import org.junit.jupiter.api.Test;

class StatsMessagesTest {

    private static final Pressure PRESSURE = new Pressure(new Stall(1.5, 2.5, 3.5, 4_000), new Stall(0.5, 0.25, 0, 7));
    private static final PsiStats TOLD = PsiStats.newBuilder()
            .setSome(PsiData.newBuilder()
                    .setAvg10(1.5)
                    .setAvg60(2.5)
                    .setAvg300(3.5)
                    .setTotal(4_000))
            .setFull(PsiData.newBuilder().setAvg10(0.5).setAvg60(0.25).setTotal(7))
            .build();

    private static ContainerStats stats(Pressure pressure) {
        return new ContainerStats(
                "id",
                "pod",
                ContainerMessages.config(ContainerConfig.newBuilder()
                        .setMetadata(ContainerMetadata.newBuilder().setName("main"))
                        .setImage(ImageSpec.newBuilder().setImage("busybox"))
                        .build()),
                new ContainerStats.Cpu(11, 12, 13, pressure),
                new ContainerStats.Memory(21, 22, 23, -1, 24, 25, 26, pressure),
                new ContainerStats.Swap(31, 32, -1),
                null,
                pressure == null ? null : new ContainerStats.Io(41, pressure),
                null);
    }

    @Test
    void pressureOfProcessorsMemoryAndDisksIsTold() {
        var message = StatsMessages.container(stats(PRESSURE));
        assertEquals(TOLD, message.getCpu().getPsi());
        assertEquals(TOLD, message.getMemory().getPsi());
        assertEquals(TOLD, message.getIo().getPsi());
        assertEquals(41, message.getIo().getTimestamp());
    }

    @Test
    void whatIsNotCountedIsNotZeroButMissing() {
        var message = StatsMessages.container(stats(null));
        assertFalse(message.getCpu().hasPsi());
        assertFalse(message.getMemory().hasPsi());
        assertFalse(message.getMemory().hasAvailableBytes());
        assertFalse(message.getSwap().hasSwapAvailableBytes());
        assertFalse(message.hasIo());
        assertFalse(message.hasWritableLayer());
    }
}
