/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Format of messages for the client, in a struct netlink_ext_ack.
 */
#ifndef _VDPA_MESSAGE_H
#define _VDPA_MESSAGE_H

#include <linux/netlink.h>

/* A name in a message, cut to 20 bytes: an extack message has at most 79. */
#define VDPA_MSG_NAME	"%.20s"

#endif
