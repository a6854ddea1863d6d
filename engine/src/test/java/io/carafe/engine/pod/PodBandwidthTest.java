package io.carafe.engine.pod;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carafe.base.CarafeException.InvalidArgument;
import io.carafe.network.Bandwidth;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PodBandwidthTest {

    @ParameterizedTest
    @CsvSource({
        "10M, 10000000",
        "1.5k, 1500",
        "1Ki, 1024",
        "1Gi, 1073741824",
        "1000, 1000",
        "1e6, 1000000",
        "1234567m, 1235",
        "1P, 1000000000000000",
    })
    void quantitiesOfKubernetesAreBitsASecond(String text, long bits) {
        assertEquals(Optional.of(Bandwidth.ofRates(bits, 0)), PodBandwidth.of(Map.of(PodBandwidth.INGRESS, text)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "fast", "-1M", "10 M", "10MB", "1k0", "999", "2P", "1e99", "0x10", "1e-3"})
    void whatIsNoBandwidthIsRefused(String text) {
        assertThrows(InvalidArgument.class, () -> PodBandwidth.of(Map.of(PodBandwidth.EGRESS, text)));
    }

    @Test
    void bothDirectionsAreToldAndNoneIsNoLimit() {
        assertEquals(
                Optional.of(Bandwidth.ofRates(1_000_000, 2_000_000)),
                PodBandwidth.of(Map.of(PodBandwidth.INGRESS, "1M", PodBandwidth.EGRESS, "2M")));
        assertEquals(Optional.empty(), PodBandwidth.of(Map.of("other", "1M")));
    }
}
