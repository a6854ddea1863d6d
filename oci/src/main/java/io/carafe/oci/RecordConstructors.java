package io.carafe.oci;

import java.lang.reflect.Constructor;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.DeserializationConfig;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.deser.ValueInstantiator;
import tools.jackson.databind.deser.ValueInstantiators;
import tools.jackson.databind.deser.std.StdValueInstantiator;
import tools.jackson.databind.module.SimpleModule;

/**
 * Lets Jackson make records by plain reflection. By itself it calls their constructors through method handles with the
 * arguments spread, for which the JVM makes a dozen classes for each number of parameters: a good part of the time that
 * a program takes to read its first documents.
 */
final class RecordConstructors extends SimpleModule {

    private static final long serialVersionUID = 1;

    RecordConstructors() {
        super("records");
    }

    @Override
    public void setupModule(SetupContext context) {
        super.setupModule(context);
        context.addValueInstantiators(new ValueInstantiators.Base() {
            @Override
            public ValueInstantiator modifyValueInstantiator(
                    DeserializationConfig config, BeanDescription.Supplier type, ValueInstantiator usual) {
                return type.getBeanClass().isRecord() && usual.getClass() == StdValueInstantiator.class
                        ? new ByReflection((StdValueInstantiator) usual)
                        : usual;
            }
        });
    }

    private static final class ByReflection extends StdValueInstantiator {

        private static final long serialVersionUID = 1;

        ByReflection(StdValueInstantiator usual) {
            super(usual);
        }

        @Override
        public Object createFromObjectWith(DeserializationContext context, Object[] arguments) {
            try {
                return ((Constructor<?>) _withArgsCreator.getAnnotated()).newInstance(arguments);
            } catch (ReflectiveOperationException | RuntimeException e) {
                return context.handleInstantiationProblem(_valueClass, arguments, rewrapCtorProblem(context, e));
            }
        }
    }
}
