/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages for the client, in a struct netlink_ext_ack.
 */
#ifndef _VDPA_MESSAGE_H
#define _VDPA_MESSAGE_H

#include <linux/netlink.h>

/* Bytes of a name that go into a message: extack messages hold 79 in all. */
#define VDPA_MSG_NAME	"%.20s"

#endif
