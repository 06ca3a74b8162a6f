// SPDX-License-Identifier: GPL-2.0-only
/*
 * Feature bits, also those beyond 63: see words.h.
 */
#include <linux/vdpa.h>

#include "device.h"
#include "mgmtdev.h"
#include "words.h"

/* Return: how many words it takes; at least one. */
unsigned int vdpa_words_used(const struct vdpa_words *words)
{
	unsigned int n = VDPA_WORDS_MAX;

	while (n > 1 && !words->word[n - 1])
		n--;
	return n;
}

static struct vdpa_words device_words(const struct vdpa_entry *entry, u64 low, bool negotiated)
{
	const struct vdpa_mgmtdev *mgmtdev = entry->mgmtdev;
	struct vdpa_words words = { .word = { low } };

	if (mgmtdev && mgmtdev->migration.features_high)
		mgmtdev->migration.features_high(entry->vdev, negotiated, &words.word[1]);
	return words;
}

/* Return: what the device offers. Context: asks the parent. */
struct vdpa_words vdpa_features_offered(const struct vdpa_entry *entry)
{
	return device_words(entry, entry->parent_ops->get_device_features(entry->vdev), false);
}

/* Return: what its driver has negotiated. Context: asks the parent. */
struct vdpa_words vdpa_features_negotiated(const struct vdpa_entry *entry)
{
	return device_words(entry, entry->parent_ops->get_driver_features(entry->vdev), true);
}

/* Return: what the management device supports. Context: any. */
struct vdpa_words vdpa_features_supported(const struct vdpa_mgmtdev *mgmtdev)
{
	struct vdpa_words words = { .word = { mgmtdev->mdev->supported_features } };

	if (mgmtdev->migration.supported_high)
		mgmtdev->migration.supported_high(mgmtdev->mdev, &words.word[1]);
	return words;
}
