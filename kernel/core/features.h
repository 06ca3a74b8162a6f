/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtio's feature bits: their names, for messages, and which of them need others.
 */
#ifndef _VDPA_FEATURES_H
#define _VDPA_FEATURES_H

#include <linux/types.h>

/* Bytes of a text that names features, with the terminator: a message has room for no more. */
#define VDPA_FEATURES_TEXT	40

/**
 * struct vdpa_feature_need - a feature that cannot be without another one
 * @device_id: virtio device ID of those that it is about; 0: all
 * @bit: the feature; VDPA_FEATURE_ALWAYS: all devices
 * @needs: one of these
 */
struct vdpa_feature_need {
	u32 device_id;
	unsigned int bit;
	u64 needs;
};

#define VDPA_FEATURE_ALWAYS	64

void vdpa_features_text(u32 device_id, u64 features, char text[VDPA_FEATURES_TEXT]);
const struct vdpa_feature_need *vdpa_features_lack(u32 device_id, u64 features);

#endif
