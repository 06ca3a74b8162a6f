/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the files that export symbols, in front of everything else.
 *
 * A symbol's CRC covers every type its prototype leads to, as far as the type is
 * complete in the file that exports it. The distribution's bus drivers and
 * parents were built against mainline's one file, so ours have to see what that
 * one includes, and must not see inside what it leaves opaque: no
 * linux/rhashtable.h here (linux/rhashtable-types.h will do). The build compares
 * the CRCs with the distribution's.
 */
#ifndef _VDPA_EXPORT_H
#define _VDPA_EXPORT_H

#include <linux/idr.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vdpa.h>
#include <linux/virtio_ids.h>
#include <net/genetlink.h>

#endif
