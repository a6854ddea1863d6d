package io.carafe.daemon.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What a key means, for people: {@code carafed config default} prints it above the key. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface Doc {
    String value();

    /** True if SIGHUP applies a new value; otherwise it needs a restart. */
    boolean reloadable() default false;

    /** True if a table without the key has the empty string or list for it. */
    boolean optional() default false;
}
