/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many requests each user has under way.
 *
 * A request that waits for a parent costs memory until the parent answers, also when its
 * client has gone. So there is a limit for each user. Who is root in a user namespace, or
 * anybody else there, counts as the user who made that namespace.
 */
#ifndef _VDPA_PENDING_H
#define _VDPA_PENDING_H

#include <linux/types.h>

struct netlink_ext_ack;
struct vdpa_user;

/* Requests that one user may have under way, without CAP_NET_ADMIN and with it. */
#define VDPA_PENDING_MAX	64
#define VDPA_PENDING_ADMIN_MAX	4096

struct vdpa_user *vdpa_pending_begin(bool admin, struct netlink_ext_ack *extack);
void vdpa_pending_end(struct vdpa_user *user);

#endif
