/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits on the number of requests of each user.
 *
 * A request that waits for a parent needs memory until the parent answers, even after its client
 * has exited. So the number of requests of a user is limited. All users in a user namespace count
 * as the user who created that namespace.
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
