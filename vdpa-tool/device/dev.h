/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDPA_TOOL_DEV_H
#define VDPA_TOOL_DEV_H

#include "cli/vdpa.h"

/* Print a device, its configuration, one of its queues; @data is the struct output. */
int dev_print(const struct nlmsghdr *nlh, struct nl_error *err, void *data);
int dev_config_print(const struct nlmsghdr *nlh, struct nl_error *err, void *data);
int dev_vstats_print(const struct nlmsghdr *nlh, struct nl_error *err, void *data);
int dev_vq_print(const struct nlmsghdr *nlh, struct nl_error *err, void *data);

/*
 * Sends the prepared request, which has no reply but its acknowledgement. A batch may go on before that has come, where
 * one device is what it is all about: @subject, NULL for several.
 */
enum status dev_change(struct vdpa *vdpa, const char *subject);

enum status dev_suspend(struct vdpa *vdpa, int argc, char **argv);
enum status dev_resume(struct vdpa *vdpa, int argc, char **argv);

/*
 * A command that shows the device named in its arguments, or all devices:
 * sends @request and has @print write the reply under the key @section.
 */
enum status dev_show_by(struct vdpa *vdpa, int argc, char **argv, uint8_t request,
			const char *section, nl_cb print);

enum status dev_state_save(struct vdpa *vdpa, int argc, char **argv);
enum status dev_state_load(struct vdpa *vdpa, int argc, char **argv);

#endif
