/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The features of a device that is to be created, as a list of names: those that it shall have, or all that its management
 * device offers but for some.
 *
 *	CTRL_VQ,MQ		these
 *	-RING_INDIRECT_DESC	all but that
 *	all			all;  all,-MQ is the same as -MQ
 */
#ifndef VDPA_TOOL_FEATURE_NAMES_H
#define VDPA_TOOL_FEATURE_NAMES_H

#include "command/command.h"

/*
 * Checks as much of the names as can be without the kernel, if there are any. Returns STATUS_DONE, or STATUS_USAGE and has
 * said why.
 */
enum status feature_names_check(struct vdpa *vdpa, const struct features_wanted *wanted);

/*
 * Asks the kernel what the management device offers and turns the checked names, if there are any, into @wanted->bits.
 * Returns STATUS_DONE, or STATUS_REFUSED and has said why: the device offers no feature of such a name.
 */
enum status feature_names_ask(struct vdpa *vdpa, const struct mgmtdev_handle *handle, struct features_wanted *wanted);

#endif
