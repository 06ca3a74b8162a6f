/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtio's feature bits: their names for messages, and their dependencies.
 */
#ifndef _VDPA_FEATURES_H
#define _VDPA_FEATURES_H

#include <linux/types.h>

/* Size of a text that names features, with the terminator; limited by the size of messages. */
#define VDPA_FEATURES_TEXT	40

/**
 * struct vdpa_feature_need - a feature that depends on others
 * @device_id: virtio device ID; 0: all
 * @bit: the feature; VDPA_FEATURE_ALWAYS: needed by every device
 * @needs: it needs at least one of these features
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
