/**
 * Signatures of images: where they are, whether they hold, and how they are made. What a policy demands is in
 * {@link io.carafe.image.config.Policy}; {@link io.carafe.image.signature.PolicyGate} decides. Everything here that comes
 * from outside is hostile: it is bounded in number and size, and parsed only as far as it must be.
 */
package io.carafe.image.signature;
