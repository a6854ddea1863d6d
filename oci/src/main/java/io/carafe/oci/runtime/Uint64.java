package io.carafe.oci.runtime;

import com.fasterxml.jackson.annotation.JacksonAnnotationsInside;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.math.BigInteger;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.annotation.JsonDeserialize;
import tools.jackson.databind.annotation.JsonSerialize;

/**
 * A {@code uint64} of the specification, held in a {@code long} whose 64 bits are all value bits: −1 is
 * 18446744073709551615, which means "unlimited" for an rlimit.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.FIELD, ElementType.METHOD, ElementType.PARAMETER, ElementType.RECORD_COMPONENT})
@JacksonAnnotationsInside
@JsonSerialize(using = Uint64.Writer.class)
@JsonDeserialize(using = Uint64.Reader.class)
public @interface Uint64 {

    /** Writes the unsigned value. */
    final class Writer extends ValueSerializer<Long> {
        @Override
        public void serialize(Long value, JsonGenerator out, SerializationContext context) {
            if (value >= 0) {
                out.writeNumber(value);
            } else {
                out.writeNumber(new BigInteger(Long.toUnsignedString(value)));
            }
        }
    }

    /** Reads an integer from 0 to 2⁶⁴−1; anything else is an error. */
    final class Reader extends ValueDeserializer<Long> {
        private static final BigInteger LIMIT = BigInteger.ONE.shiftLeft(64);

        private final Long absent;

        /** For a component that is null when absent. */
        public Reader() {
            this(null);
        }

        private Reader(Long absent) {
            this.absent = absent;
        }

        @Override
        public ValueDeserializer<?> createContextual(DeserializationContext context, BeanProperty property) {
            return property != null && property.getType().isPrimitive() ? new Reader(0L) : this;
        }

        @Override
        public Object getNullValue(DeserializationContext context) {
            return absent;
        }

        @Override
        public Object getAbsentValue(DeserializationContext context) {
            return absent;
        }

        @Override
        public Long deserialize(JsonParser in, DeserializationContext context) {
            if (in.currentToken() != JsonToken.VALUE_NUMBER_INT) {
                return (Long) context.handleUnexpectedToken(Long.class, in);
            }
            var value = in.getBigIntegerValue();
            if (value.signum() < 0 || value.compareTo(LIMIT) >= 0) {
                return (Long) context.handleWeirdNumberValue(Long.class, value, "not an unsigned 64-bit number");
            }
            return value.longValue();
        }
    }
}
