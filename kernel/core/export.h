/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The includes of the files that export symbols; to be included before anything else.
 *
 * The CRC of a symbol covers every type that its prototype reaches, if the type is complete in the
 * exporting file. The distribution's bus drivers and parents were built against mainline's single
 * source file. So our files must include what that file includes, and must leave incomplete the
 * types that it leaves incomplete: do not include linux/rhashtable.h here (use
 * linux/rhashtable-types.h). The build compares the CRCs with the distribution's.
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
