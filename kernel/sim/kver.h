/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every difference between the kernels that a simulated parent builds for (6.12 LTS to
 * current) is in this file. What the core has to do with them is in kernel/core/kver.h.
 *
 * Kbuild looks into the headers and defines
 *
 * KVER_VIRTIO_MAP	a device maps by operations of its own, or by the device that does
 *			its DMA (union virtio_map); before it was the device alone
 */
#ifndef VDPA_SIM_KVER_H
#define VDPA_SIM_KVER_H

#include <linux/vdpa.h>

/* As __vdpa_alloc_device(), for a device whose DMA is mapped as that of any device is. */
static inline struct vdpa_device *kver_alloc_device(struct device *parent,
						    const struct vdpa_config_ops *ops,
						    unsigned int ngroups, unsigned int nas,
						    size_t size, const char *name, bool use_va)
{
#if KVER_VIRTIO_MAP
	return __vdpa_alloc_device(parent, ops, NULL, ngroups, nas, size, name, use_va);
#else
	return __vdpa_alloc_device(parent, ops, ngroups, nas, size, name, use_va);
#endif
}

/* The device does its DMA itself. */
static inline void kver_set_dma_self(struct vdpa_device *vdev)
{
#if KVER_VIRTIO_MAP
	vdev->vmap.dma_dev = &vdev->dev;
#else
	vdev->dma_dev = &vdev->dev;
#endif
}

#endif
