/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDPA_TOOL_PRUNE_H
#define VDPA_TOOL_PRUNE_H

#include "apply/name_set.h"
#include "command/command.h"

/*
 * Deletes all devices whose name is not among @named, but not what a virtual machine or another user-space driver uses: that is
 * told, and never waited for. Returns STATUS_DONE, or has said what is still there.
 */
enum status prune_unnamed(struct vdpa *vdpa, const struct name_set *named);

#endif
