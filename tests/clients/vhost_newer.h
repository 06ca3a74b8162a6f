/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What <linux/vhost.h> has, also where the distribution's headers are older. */
#ifndef VHOST_NEWER_H
#define VHOST_NEWER_H

#include <linux/vhost.h>

#ifndef VHOST_VDPA_RESUME
#define VHOST_VDPA_RESUME _IO(VHOST_VIRTIO, 0x7E)
#endif

#endif
