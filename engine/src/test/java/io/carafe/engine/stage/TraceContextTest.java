package io.carafe.engine.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class TraceContextTest {

    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String SPAN = "b7ad6b7169203331";

    @Test
    void headersAreReadAlsoThoseOfLaterVersions() {
        assertEquals(
                Optional.of(new TraceContext(TRACE, SPAN, true)),
                TraceContext.parse("00-" + TRACE + "-" + SPAN + "-01"));
        assertEquals(
                Optional.of(new TraceContext(TRACE, SPAN, false)),
                TraceContext.parse("01-" + TRACE + "-" + SPAN + "-02-more"));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {
                "",
                "00",
                "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.more",
                "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
                "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            })
    void whatIsNoneIsIgnored(String header) {
        assertEquals(Optional.empty(), TraceContext.parse(header));
    }

    @Test
    void aChildIsAPlaceOfItsOwnInTheSameTrace() {
        var root = TraceContext.root(true);
        var child = root.child();
        assertEquals(root.traceId(), child.traceId());
        assertNotEquals(root.spanId(), child.spanId());
        assertTrue(child.sampled());
        assertEquals(Optional.of(child), TraceContext.parse("00-" + child.traceId() + "-" + child.spanId() + "-01"));
    }
}
