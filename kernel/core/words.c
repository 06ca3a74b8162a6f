// SPDX-License-Identifier: GPL-2.0-only
/*
 * Feature bits, including those beyond 63: see words.h.
 */
#include <linux/vdpa.h>

#include "device.h"
#include "mgmtdev.h"
#include "words.h"

/* Return: the number of words up to the last non-zero one; at least one. */
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

/* Return: the features that the device offers. Context: calls the parent. */
struct vdpa_words vdpa_features_offered(const struct vdpa_entry *entry)
{
	return device_words(entry, entry->parent_ops->get_device_features(entry->vdev), false);
}

/* Return: the features that its driver negotiated. Context: calls the parent. */
struct vdpa_words vdpa_features_negotiated(const struct vdpa_entry *entry)
{
	return device_words(entry, entry->parent_ops->get_driver_features(entry->vdev), true);
}

/* Return: the features that the management device supports. Context: any. */
struct vdpa_words vdpa_features_supported(const struct vdpa_mgmtdev *mgmtdev)
{
	struct vdpa_words words = { .word = { mgmtdev->mdev->supported_features } };

	if (mgmtdev->migration.supported_high)
		mgmtdev->migration.supported_high(mgmtdev->mdev, &words.word[1]);
	return words;
}
