/*
 * Why the last command for a container failed, for `carafe oci explain`: ROOT.failures/ID, beside the root since a container
 * that could not be made leaves nothing in it. There are few and they are small; the next container of that id that is made
 * takes it away.
 */
#pragma once

#include "oci_life.h"

/* Keeps what was complained of first, and life->failure if a step or the kernel had a part in it. Where it cannot be kept,
   nothing is lost but the explanation. */
void failed_keep(const struct life *life);

/* Removes what is kept of a container. */
void failed_forget(const char *root, const char *id);
