/**
 * The CRI, and {@code carafe.v1} beside it, as a face on the engine: messages become engine calls and answers become
 * messages, nothing else happens here.
 *
 * <p>{@code …Messages} classes translate, one for each group of messages; {@code …Calls} classes answer one group of
 * calls each; {@link io.carafe.cri.CallInterceptor} carries deadline and cancellation and maps errors, once for all.
 */
package io.carafe.cri;
