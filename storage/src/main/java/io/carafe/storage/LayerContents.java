package io.carafe.storage;

import java.nio.file.Path;

/** A layer in the hands of somebody who stacks it on others: its files, and what {@code layer.json} says about them. */
record LayerContents(Path diff, LayerFile file) {}
