/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDPA_TOOL_MGMTDEV_H
#define VDPA_TOOL_MGMTDEV_H

#include "command/argument.h"
#include "netlink/nl.h"

/* The arguments of commands that are about one management device, or about all where none is named. */
struct one_mgmtdev {
	uint32_t given;
	struct mgmtdev_handle handle;
};

extern const struct argument any_mgmtdev[];

/*
 * The name under which a message's management device is shown, BUS/DEVICE or
 * DEVICE; the message has VDPA_ATTR_MGMTDEV_DEV_NAME. The caller frees it.
 * Its own bytes; or as text_utf8() has them.
 */
char *mgmtdev_bytes(const struct nlattr **slots);
char *mgmtdev_name(const struct nlattr **slots);

/* Prints a management device; @data is the struct output. */
int mgmtdev_print(const struct nlmsghdr *nlh, struct nl_error *err, void *data);

#endif
