/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loading a saved state into a device.
 *
 * The core makes all its checks before it changes anything. If the parent refuses later, the change
 * is undone.
 */
#ifndef _VDPA_UPLOAD_H
#define _VDPA_UPLOAD_H

#include <linux/vdpa.h>

#include "inflight.h"
#include "migration/stream.h"
#include "words.h"

struct vdpa_entry;
struct vdpa_request;
struct vdpa_description;
struct vdpa_precopy;

/* Kinds of uploads. */
enum vdpa_upload_kind {
	VDPA_UPLOAD_WHOLE,	/* a whole state */
	VDPA_UPLOAD_ROUND,	/* a pre-copy round: it does not change the device */
	VDPA_UPLOAD_REST,	/* the rest: a state on top of the rounds */
};

/**
 * struct vdpa_upload_vq - a virtqueue's saved state
 * @index: index of the virtqueue
 * @known: @state is valid
 * @ready: it was ready
 * @size: descriptors; 0: unknown
 * @state: its position
 * @inflight: its chains in flight; only if @known
 */
struct vdpa_upload_vq {
	u16 index;
	bool known;
	bool ready;
	u16 size;
	struct vdpa_vq_state state;
	struct vdpa_inflight inflight;
};

/**
 * struct vdpa_upload_place - the position of a virtqueue before a state was loaded
 * @state: the position
 * @inflight: the chains that it was to take up
 */
struct vdpa_upload_place {
	struct vdpa_vq_state state;
	struct vdpa_inflight inflight;
};

/**
 * struct vdpa_upload - a saved state
 * @kind: its kind
 * @precopy: the pre-copy that it belongs to; NULL for the whole state
 * @round: number of the round; for the rest, the number of rounds before it
 * @source: description of the source device
 * @has_features: @features is valid
 * @features: negotiated features
 * @n_vqs: number of virtqueues in @vqs, which are in ascending order
 * @max_vqs: room in @vqs
 * @vqs: the virtqueues
 * @private: the parent's private state
 * @group: the group that owns the device meanwhile; NULL: none
 * @old: the old positions of the virtqueues in @vqs; NULL: not loaded yet
 * @sequence: vdpa_state.sequence when it was loaded
 */
struct vdpa_upload {
	enum vdpa_upload_kind kind;
	struct vdpa_precopy *precopy;
	u32 round;
	struct vdpa_description *source;
	bool has_features;
	struct vdpa_words features;
	unsigned int n_vqs;
	unsigned int max_vqs;
	struct vdpa_upload_vq *vqs;
	struct vdpa_stream private;
	const void *group;
	struct vdpa_upload_place *old;
	u32 sequence;
};

void vdpa_upload_free(struct vdpa_upload *upload);
int vdpa_upload_apply(struct vdpa_upload *upload, struct vdpa_request *req);
int vdpa_upload_undo(struct vdpa_upload *upload, struct vdpa_entry *entry);

#endif
