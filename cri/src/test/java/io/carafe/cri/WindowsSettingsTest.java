package io.carafe.cri;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class WindowsSettingsTest {

    private final List<String> said = new ArrayList<>();

    @Test
    void areIgnoredWithOneWarning() {
        var logger = Logger.getLogger("io.carafe.cri");
        var listener = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                said.add(entry.getLevel() + " " + entry.getParameters()[0]);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(listener);
        try {
            var settings = new WindowsSettings();
            settings.ignore("pod a");
            settings.ignore("pod b");
        } finally {
            logger.removeHandler(listener);
        }
        assertEquals(List.of("WARNING pod a"), said);
    }
}
