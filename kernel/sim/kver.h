/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All differences between the kernels that the simulated parents build for (6.12 LTS to current).
 * kernel/core/kver.h has those of the core.
 *
 * Kbuild searches the headers and defines:
 *
 * KVER_VIRTIO_MAP	a device maps by operations of its own, or by the device that does
 *			its DMA (union virtio_map); before it was the device alone
 */
#ifndef VDPA_SIM_KVER_H
#define VDPA_SIM_KVER_H

#include <linux/vdpa.h>

/* As __vdpa_alloc_device(), for a device that uses the normal DMA API. */
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

/* The device itself is the DMA device. */
static inline void kver_set_dma_self(struct vdpa_device *vdev)
{
#if KVER_VIRTIO_MAP
	vdev->vmap.dma_dev = &vdev->dev;
#else
	vdev->dma_dev = &vdev->dev;
#endif
}

#endif
