"""The requests of every model as typed dicts, in which a type checker finds wrong options and types.

Each model has a type for its request, and one for its `input`; `Request` is a request for any model. Types cannot say
every rule, so each input lists what they leave out: `validate` has the last word. Generated from the tables by
`ratecard.schema.python`; do not edit.
"""

from typing import Literal, NotRequired, TypeAlias, TypedDict


class AlibabaPlusWan2_6FlashImageToVideoInput(TypedDict):
    """The input of alibaba-plus/wan-2.6-flash/image-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.image_url.format: an http or https URL (not expressible in python)
    - input.negative_prompt.max_length: at most 1,000 characters (not expressible in python)
    """

    prompt: NotRequired[str]
    image_url: str
    negative_prompt: NotRequired[str]
    duration: NotRequired[Literal['2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12', '13', '14', '15']]
    resolution: NotRequired[Literal['1080p', '720p']]


class AlibabaPlusWan2_6FlashImageToVideo(TypedDict):
    """A request for alibaba-plus/wan-2.6-flash/image-to-video."""

    model: Literal['alibaba-plus/wan-2.6-flash/image-to-video']
    version: NotRequired[str]
    input: AlibabaPlusWan2_6FlashImageToVideoInput
    webhookUrl: NotRequired[str]


class AlibabaPlusWan2_6VideoExtendInput(TypedDict):
    """The input of alibaba-plus/wan-2.6/video-extend.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.video_url.format: an http or https URL (not expressible in python)
    - input.negative_prompt.max_length: at most 1,000 characters (not expressible in python)
    - input: no other fields (the page's list of fields may be incomplete)
    """

    prompt: NotRequired[str]
    video_url: str
    resolution: NotRequired[Literal['720p', '1080p']]
    negative_prompt: NotRequired[str]
    duration: NotRequired[Literal['5', '10', '15']]


class AlibabaPlusWan2_6VideoExtend(TypedDict):
    """A request for alibaba-plus/wan-2.6/video-extend."""

    model: Literal['alibaba-plus/wan-2.6/video-extend']
    version: NotRequired[str]
    input: AlibabaPlusWan2_6VideoExtendInput
    webhookUrl: NotRequired[str]


class AlibabaPlusWan2_7ReferenceToVideoInput(TypedDict):
    """The input of alibaba-plus/wan-2.7/reference-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    - input.image_url.format: an http or https URL (not expressible in python)
    - input.image_urls.items: each item of type string (not certain: assumed)
    - input.image_urls.item_format: an http or https URL (not expressible in python)
    - input.video_url.format: an http or https URL (not expressible in python)
    - input.start_frame_url.format: an http or https URL (not expressible in python)
    - input.reference_voice_url.format: an http or https URL (not expressible in python)
    - input.negative_prompt.max_length: at most 1,000 characters (not expressible in python)
    - at_least_one[1]: at least one of image_url, image_urls, video_url, start_frame_url (not certain: assumed)
    """

    prompt: NotRequired[str]
    image_url: NotRequired[str]
    image_urls: NotRequired[list[object]]
    video_url: NotRequired[str]
    start_frame_url: NotRequired[str]
    reference_voice_url: NotRequired[str]
    aspect_ratio: NotRequired[str]
    shot_type: NotRequired[str]
    negative_prompt: NotRequired[str]
    enable_prompt_expansion: NotRequired[bool]
    seed: NotRequired[float]
    duration: NotRequired[Literal['2', '3', '4', '5', '6', '7', '8', '9', '10']]
    resolution: NotRequired[Literal['1080p', '720p']]


class AlibabaPlusWan2_7ReferenceToVideo(TypedDict):
    """A request for alibaba-plus/wan-2.7/reference-to-video."""

    model: Literal['alibaba-plus/wan-2.7/reference-to-video']
    version: NotRequired[str]
    input: AlibabaPlusWan2_7ReferenceToVideoInput
    webhookUrl: NotRequired[str]


class AlibabaWan2_6FlashImageToVideoInput(TypedDict):
    """The input of alibaba/wan-2.6-flash/image-to-video.

    Left out:
    - input.prompt.max_length: at most 1,500 characters (not expressible in python)
    - input.image_url.format: an http or https URL (not expressible in python)
    """

    prompt: NotRequired[str]
    image_url: str
    aspect_ratio: NotRequired[Literal['16:9', '9:16', '1:1']]
    duration: NotRequired[Literal['5', '10', '15']]
    resolution: NotRequired[Literal['720p', '1080p']]
    has_sound: NotRequired[Literal['false', 'true']]


class AlibabaWan2_6FlashImageToVideo(TypedDict):
    """A request for alibaba/wan-2.6-flash/image-to-video."""

    model: Literal['alibaba/wan-2.6-flash/image-to-video']
    version: NotRequired[str]
    input: AlibabaWan2_6FlashImageToVideoInput
    webhookUrl: NotRequired[str]


class BytedancePlusSeedance1_5ProSuperStartEndFrameToVideoInput(TypedDict):
    """The input of bytedance-plus/seedance-1.5-pro-super/start-end-frame-to-video.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    - input.start_frame_url.format: an http or https URL (not expressible in python)
    - input.end_frame_url.format: an http or https URL (not expressible in python)
    - input.duration.allowed: one of "4", "5", "6", "7", "8", "9", "10", "11", "12" (not certain: assumed)
    """

    prompt: NotRequired[str]
    start_frame_url: str
    end_frame_url: str
    resolution: NotRequired[Literal['480p', '720p', '1080p']]
    duration: NotRequired[str]
    aspect_ratio: NotRequired[str]
    generate_audio: NotRequired[Literal[False, True]]
    camera_fixed: NotRequired[bool]


class BytedancePlusSeedance1_5ProSuperStartEndFrameToVideo(TypedDict):
    """A request for bytedance-plus/seedance-1.5-pro-super/start-end-frame-to-video."""

    model: Literal['bytedance-plus/seedance-1.5-pro-super/start-end-frame-to-video']
    version: NotRequired[str]
    input: BytedancePlusSeedance1_5ProSuperStartEndFrameToVideoInput
    webhookUrl: NotRequired[str]


class BytedancePlusSeedreamV4_5ImageToImageInput(TypedDict):
    """The input of bytedance-plus/seedream-v4.5/image-to-image.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    - input.image_urls.items: each item of type string (not certain: assumed)
    - input.image_urls.item_format: an http or https URL (not expressible in python)
    - input.image_urls.max_items: at most 10 in the list (not expressible in python)
    - input.aspect_ratio.allowed: one of "1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9" (not certain: sibling)
    """

    prompt: NotRequired[str]
    image_urls: list[object]
    aspect_ratio: NotRequired[str]
    resolution: NotRequired[Literal['512p', '1k', '2k', '4k']]


class BytedancePlusSeedreamV4_5ImageToImage(TypedDict):
    """A request for bytedance-plus/seedream-v4.5/image-to-image."""

    model: Literal['bytedance-plus/seedream-v4.5/image-to-image']
    version: NotRequired[str]
    input: BytedancePlusSeedreamV4_5ImageToImageInput
    webhookUrl: NotRequired[str]


class BytedancePlusSeedreamV4_5TextToImageInput(TypedDict):
    """The input of bytedance-plus/seedream-v4.5/text-to-image.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    """

    prompt: NotRequired[str]
    aspect_ratio: NotRequired[Literal['1:1', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3', '21:9']]
    resolution: NotRequired[Literal['512p', '1k', '2k', '4k']]


class BytedancePlusSeedreamV4_5TextToImage(TypedDict):
    """A request for bytedance-plus/seedream-v4.5/text-to-image."""

    model: Literal['bytedance-plus/seedream-v4.5/text-to-image']
    version: NotRequired[str]
    input: BytedancePlusSeedreamV4_5TextToImageInput
    webhookUrl: NotRequired[str]


class BytedancePlusSeedreamV5LiteImageToImageInput(TypedDict):
    """The input of bytedance-plus/seedream-v5-lite/image-to-image.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    - input.image_urls.item_format: an http or https URL (not expressible in python)
    - input.image_urls.max_items: at most 10 in the list (not expressible in python)
    """

    prompt: NotRequired[str]
    image_urls: list[str]
    resolution: NotRequired[Literal['1K', '2K']]
    aspect_ratio: NotRequired[Literal['1:1', '16:9', '9:16', '3:2', '2:3', '4:3', '3:4']]
    num_images: NotRequired[Literal['1', '2', '3', '4']]


class BytedancePlusSeedreamV5LiteImageToImage(TypedDict):
    """A request for bytedance-plus/seedream-v5-lite/image-to-image."""

    model: Literal['bytedance-plus/seedream-v5-lite/image-to-image']
    version: NotRequired[str]
    input: BytedancePlusSeedreamV5LiteImageToImageInput
    webhookUrl: NotRequired[str]


class BytedancePlusSeedreamV5LiteTextToImageInput(TypedDict):
    """The input of bytedance-plus/seedream-v5-lite/text-to-image.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    """

    prompt: NotRequired[str]
    resolution: NotRequired[Literal['1K', '2K', '4K']]
    aspect_ratio: NotRequired[Literal['1:1', '16:9', '9:16', '3:2', '2:3', '4:3', '3:4']]
    num_images: NotRequired[Literal['1', '2', '3', '4']]


class BytedancePlusSeedreamV5LiteTextToImage(TypedDict):
    """A request for bytedance-plus/seedream-v5-lite/text-to-image."""

    model: Literal['bytedance-plus/seedream-v5-lite/text-to-image']
    version: NotRequired[str]
    input: BytedancePlusSeedreamV5LiteTextToImageInput
    webhookUrl: NotRequired[str]


class BytedanceSeedance2_0FastStartEndFrameToVideoInput(TypedDict):
    """The input of bytedance/seedance-2.0-fast/start-end-frame-to-video.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    - input.start_frame_url.format: an http or https URL (not expressible in python)
    - input.end_frame_url.format: an http or https URL (not expressible in python)
    """

    prompt: NotRequired[str]
    start_frame_url: str
    end_frame_url: str
    duration: NotRequired[Literal['4', '5', '6', '7', '8', '9', '10', '11', '12', '13', '14', '15']]
    resolution: NotRequired[Literal['720p', '1440p']]
    fps: NotRequired[Literal['24', '30', '60']]


class BytedanceSeedance2_0FastStartEndFrameToVideo(TypedDict):
    """A request for bytedance/seedance-2.0-fast/start-end-frame-to-video."""

    model: Literal['bytedance/seedance-2.0-fast/start-end-frame-to-video']
    version: NotRequired[str]
    input: BytedanceSeedance2_0FastStartEndFrameToVideoInput
    webhookUrl: NotRequired[str]


class BytedanceSeedance2_0FastTextToVideoInput(TypedDict):
    """The input of bytedance/seedance-2.0-fast/text-to-video.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    """

    prompt: str
    aspect_ratio: NotRequired[str]
    duration: NotRequired[Literal['4', '5', '6', '7', '8', '9', '10', '11', '12', '13', '14', '15']]
    resolution: NotRequired[Literal['720p', '1440p']]
    fps: NotRequired[Literal['24', '30', '60']]


class BytedanceSeedance2_0FastTextToVideo(TypedDict):
    """A request for bytedance/seedance-2.0-fast/text-to-video."""

    model: Literal['bytedance/seedance-2.0-fast/text-to-video']
    version: NotRequired[str]
    input: BytedanceSeedance2_0FastTextToVideoInput
    webhookUrl: NotRequired[str]


class BytedanceSeedance2_0ImageToVideoInput(TypedDict):
    """The input of bytedance/seedance-2.0/image-to-video.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    - input: no other fields (the page's list of fields may be incomplete)
    """

    prompt: NotRequired[str]
    duration: NotRequired[Literal['4', '5', '6', '7', '8', '9', '10', '11', '12', '13', '14', '15']]
    resolution: NotRequired[Literal['720p', '1440p']]
    fps: NotRequired[Literal['24', '30', '60']]


class BytedanceSeedance2_0ImageToVideo(TypedDict):
    """A request for bytedance/seedance-2.0/image-to-video."""

    model: Literal['bytedance/seedance-2.0/image-to-video']
    version: NotRequired[str]
    input: BytedanceSeedance2_0ImageToVideoInput
    webhookUrl: NotRequired[str]


class BytedanceSeedance2_0OmniReferenceInput(TypedDict):
    """The input of bytedance/seedance-2.0/omni-reference.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    - input.omni_images.items: each item of type string (not certain: assumed)
    - input.omni_images.item_format: an http or https URL (not expressible in python)
    - input.omni_videos.items: each item of type string (not certain: assumed)
    - input.omni_videos.item_format: an http or https URL (not expressible in python)
    - input.omni_audios.items: each item of type string (not certain: assumed)
    - input.omni_audios.item_format: an http or https URL (not expressible in python)
    - at_least_one[1]: at least one of omni_images, omni_videos, omni_audios (not certain: assumed)
    """

    prompt: NotRequired[str]
    aspect_ratio: NotRequired[str]
    omni_images: NotRequired[list[object]]
    omni_videos: NotRequired[list[object]]
    omni_audios: NotRequired[list[object]]
    duration: NotRequired[Literal['4', '5', '6', '7', '8', '9', '10', '11', '12', '13', '14', '15']]
    resolution: NotRequired[Literal['720p', '1440p']]
    fps: NotRequired[Literal['24', '30', '60']]


class BytedanceSeedance2_0OmniReference(TypedDict):
    """A request for bytedance/seedance-2.0/omni-reference."""

    model: Literal['bytedance/seedance-2.0/omni-reference']
    version: NotRequired[str]
    input: BytedanceSeedance2_0OmniReferenceInput
    webhookUrl: NotRequired[str]


class GoogleNanoBananaInput(TypedDict):
    """The input of google/nano-banana.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    - input: no other fields (the page's list of fields may be incomplete)
    """

    prompt: NotRequired[str]
    aspect_ratio: NotRequired[Literal['9:16', '16:9', '1:1', '2:3', '3:2']]
    resolution: NotRequired[Literal['1k', '2k', '4k']]


class GoogleNanoBanana(TypedDict):
    """A request for google/nano-banana."""

    model: Literal['google/nano-banana']
    version: NotRequired[str]
    input: GoogleNanoBananaInput
    webhookUrl: NotRequired[str]


class GoogleNanoBanana2EditImageInput(TypedDict):
    """The input of google/nano-banana-2/edit-image.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    - input.image_urls.item_format: an http or https URL (not expressible in python)
    - input.image_urls.min_items: at least 1 in the list (not expressible in python)
    """

    prompt: NotRequired[str]
    image_urls: list[str]
    aspect_ratio: NotRequired[Literal['9:16', '16:9', '1:1', '2:3', '3:2', '4:3', '3:4', '4:5', '5:4', '21:9']]
    resolution: NotRequired[Literal['1k', '2k', '4k']]


class GoogleNanoBanana2EditImage(TypedDict):
    """A request for google/nano-banana-2/edit-image."""

    model: Literal['google/nano-banana-2/edit-image']
    version: NotRequired[str]
    input: GoogleNanoBanana2EditImageInput
    webhookUrl: NotRequired[str]


class GoogleNanoBananaDevTextToImageInput(TypedDict):
    """The input of google/nano-banana-dev/text-to-image.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    """

    prompt: NotRequired[str]
    aspect_ratio: NotRequired[Literal['9:16', '16:9', '1:1', '2:3', '3:2', '21:9', '3:4', '4:3', '4:5', '5:4']]
    numberOfGenerations: NotRequired[Literal[1, 2, 3, 4]]


class GoogleNanoBananaDevTextToImage(TypedDict):
    """A request for google/nano-banana-dev/text-to-image."""

    model: Literal['google/nano-banana-dev/text-to-image']
    version: NotRequired[str]
    input: GoogleNanoBananaDevTextToImageInput
    webhookUrl: NotRequired[str]


class GoogleNanoBananaProExtraEditImageInput(TypedDict):
    """The input of google/nano-banana-pro-extra/edit-image.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    - input.image_urls.item_format: an http or https URL (not expressible in python)
    - input.image_urls.min_items: at least 1 in the list (not expressible in python)
    """

    prompt: NotRequired[str]
    image_urls: list[str]
    aspect_ratio: NotRequired[Literal['9:16', '16:9', '1:1', '2:3', '3:2', '21:9', '3:4', '4:3', '4:5', '5:4']]
    resolution: NotRequired[Literal['1k', '2k', '4k']]


class GoogleNanoBananaProExtraEditImage(TypedDict):
    """A request for google/nano-banana-pro-extra/edit-image."""

    model: Literal['google/nano-banana-pro-extra/edit-image']
    version: NotRequired[str]
    input: GoogleNanoBananaProExtraEditImageInput
    webhookUrl: NotRequired[str]


class GoogleNanoBananaProEditImageInput(TypedDict):
    """The input of google/nano-banana-pro/edit-image.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    - input.image_urls.items: each item of type string (not certain: assumed)
    - input.image_urls.item_format: an http or https URL (not expressible in python)
    - input.image_urls.min_items: at least 1 in the list (not expressible in python)
    - input.resolution.allowed: one of "1k", "2k", "4k" (not certain: sibling)
    - input: no other fields (the page's list of fields may be incomplete)
    """

    prompt: NotRequired[str]
    image_urls: list[object]
    aspect_ratio: NotRequired[str]
    resolution: NotRequired[str]


class GoogleNanoBananaProEditImage(TypedDict):
    """A request for google/nano-banana-pro/edit-image."""

    model: Literal['google/nano-banana-pro/edit-image']
    version: NotRequired[str]
    input: GoogleNanoBananaProEditImageInput
    webhookUrl: NotRequired[str]


class GoogleNanoBananaProTextToImageInput(TypedDict):
    """The input of google/nano-banana-pro/text-to-image.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    - input: no other fields (the page's list of fields may be incomplete)
    """

    prompt: NotRequired[str]
    aspect_ratio: NotRequired[Literal['9:16', '16:9', '1:1', '2:3', '3:2']]
    resolution: NotRequired[Literal['1k', '2k', '4k']]


class GoogleNanoBananaProTextToImage(TypedDict):
    """A request for google/nano-banana-pro/text-to-image."""

    model: Literal['google/nano-banana-pro/text-to-image']
    version: NotRequired[str]
    input: GoogleNanoBananaProTextToImageInput
    webhookUrl: NotRequired[str]


class GoogleNanoBananaEditImageInput(TypedDict):
    """The input of google/nano-banana/edit-image.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    - input.image_urls.items: each item of type string (not certain: assumed)
    - input.image_urls.item_format: an http or https URL (not expressible in python)
    - input.image_urls.min_items: at least 1 in the list (not expressible in python)
    - input.resolution.allowed: one of "1k", "2k", "4k" (not certain: sibling)
    - input: no other fields (the page's list of fields may be incomplete)
    """

    prompt: NotRequired[str]
    image_urls: list[object]
    aspect_ratio: NotRequired[str]
    resolution: NotRequired[str]


class GoogleNanoBananaEditImage(TypedDict):
    """A request for google/nano-banana/edit-image."""

    model: Literal['google/nano-banana/edit-image']
    version: NotRequired[str]
    input: GoogleNanoBananaEditImageInput
    webhookUrl: NotRequired[str]


class GoogleVeo3_1EclImageToVideoInput(TypedDict):
    """The input of google/veo-3.1-ecl/image-to-video.

    Left out:
    - input.prompt.max_length: at most 4,000 characters (not expressible in python)
    - input.image_url.format: an http or https URL (not expressible in python)
    """

    prompt: NotRequired[str]
    image_url: str
    aspect_ratio: NotRequired[Literal['16:9', '9:16']]
    duration: NotRequired[Literal['4', '6', '8']]
    has_sound: NotRequired[Literal['false', 'true']]
    resolution: NotRequired[Literal['720p', '1080p', '4k']]


class GoogleVeo3_1EclImageToVideo(TypedDict):
    """A request for google/veo-3.1-ecl/image-to-video."""

    model: Literal['google/veo-3.1-ecl/image-to-video']
    version: NotRequired[str]
    input: GoogleVeo3_1EclImageToVideoInput
    webhookUrl: NotRequired[str]


class GoogleVeo3_1EclStartEndFrameToVideoInput(TypedDict):
    """The input of google/veo-3.1-ecl/start-end-frame-to-video.

    Left out:
    - input.prompt.max_length: at most 4,000 characters (not expressible in python)
    - input.first_frame_url.format: an http or https URL (not expressible in python)
    - input.last_frame_url.format: an http or https URL (not expressible in python)
    - input.aspect_ratio.allowed: one of "16:9", "9:16" (not certain: sibling)
    - input.resolution.allowed: one of "720p", "1080p", "4k" (not certain: sibling)
    """

    prompt: NotRequired[str]
    first_frame_url: str
    last_frame_url: str
    aspect_ratio: NotRequired[str]
    duration: NotRequired[Literal['4', '6', '8']]
    has_sound: NotRequired[Literal['false', 'true']]
    resolution: NotRequired[str]


class GoogleVeo3_1EclStartEndFrameToVideo(TypedDict):
    """A request for google/veo-3.1-ecl/start-end-frame-to-video."""

    model: Literal['google/veo-3.1-ecl/start-end-frame-to-video']
    version: NotRequired[str]
    input: GoogleVeo3_1EclStartEndFrameToVideoInput
    webhookUrl: NotRequired[str]


class GoogleVeo3_1FastImageToVideoInput(TypedDict):
    """The input of google/veo-3.1-fast/image-to-video.

    Left out:
    - input.prompt.max_length: at most 4,000 characters (not expressible in python)
    - input.image_url.format: an http or https URL (not expressible in python)
    """

    prompt: NotRequired[str]
    image_url: str
    aspect_ratio: NotRequired[Literal['16:9', '9:16']]
    resolution: NotRequired[Literal['720p', '1080p', '4k']]
    duration: NotRequired[Literal['4', '6', '8']]
    has_sound: NotRequired[Literal['false', 'true']]
    seed: NotRequired[float]


class GoogleVeo3_1FastImageToVideo(TypedDict):
    """A request for google/veo-3.1-fast/image-to-video."""

    model: Literal['google/veo-3.1-fast/image-to-video']
    version: NotRequired[str]
    input: GoogleVeo3_1FastImageToVideoInput
    webhookUrl: NotRequired[str]


class GoogleVeo3_1FastReferenceToVideoInput(TypedDict):
    """The input of google/veo-3.1-fast/reference-to-video.

    Left out:
    - input.prompt.max_length: at most 4,000 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    - input.image_urls.item_format: an http or https URL (not expressible in python)
    - input.image_urls.min_items: at least 1 in the list (not expressible in python)
    - input.image_urls.max_items: at most 3 in the list (not expressible in python)
    - input.image_urls.required: required (not certain: assumed)
    """

    prompt: NotRequired[str]
    image_urls: NotRequired[list[str]]
    aspect_ratio: NotRequired[Literal['16:9', '9:16']]
    resolution: NotRequired[Literal['720p', '1080p', '4k']]
    duration: NotRequired[Literal['4', '6', '8']]
    has_sound: NotRequired[Literal['false', 'true']]
    seed: NotRequired[float]


class GoogleVeo3_1FastReferenceToVideo(TypedDict):
    """A request for google/veo-3.1-fast/reference-to-video."""

    model: Literal['google/veo-3.1-fast/reference-to-video']
    version: NotRequired[str]
    input: GoogleVeo3_1FastReferenceToVideoInput
    webhookUrl: NotRequired[str]


class GoogleVeo3_1FastStartEndFrameToVideoInput(TypedDict):
    """The input of google/veo-3.1-fast/start-end-frame-to-video.

    Left out:
    - input.prompt.max_length: at most 4,000 characters (not expressible in python)
    - input.start_frame_url.format: an http or https URL (not expressible in python)
    - input.end_frame_url.format: an http or https URL (not expressible in python)
    """

    prompt: NotRequired[str]
    start_frame_url: str
    end_frame_url: str
    aspect_ratio: NotRequired[Literal['16:9', '9:16']]
    duration: NotRequired[Literal['4', '6', '8']]
    resolution: NotRequired[Literal['720p', '1080p', '4k']]


class GoogleVeo3_1FastStartEndFrameToVideo(TypedDict):
    """A request for google/veo-3.1-fast/start-end-frame-to-video."""

    model: Literal['google/veo-3.1-fast/start-end-frame-to-video']
    version: NotRequired[str]
    input: GoogleVeo3_1FastStartEndFrameToVideoInput
    webhookUrl: NotRequired[str]


class GoogleVeo3_1FastTextToVideoInput(TypedDict):
    """The input of google/veo-3.1-fast/text-to-video.

    Left out:
    - input.prompt.max_length: at most 4,000 characters (not expressible in python)
    """

    prompt: str
    aspect_ratio: NotRequired[Literal['16:9', '9:16']]
    resolution: NotRequired[Literal['720p', '1080p', '4k']]
    duration: NotRequired[Literal['4', '6', '8']]
    has_sound: NotRequired[Literal['false', 'true']]
    seed: NotRequired[float]


class GoogleVeo3_1FastTextToVideo(TypedDict):
    """A request for google/veo-3.1-fast/text-to-video."""

    model: Literal['google/veo-3.1-fast/text-to-video']
    version: NotRequired[str]
    input: GoogleVeo3_1FastTextToVideoInput
    webhookUrl: NotRequired[str]


class GoogleVeo3_1QualityTextToVideoInput(TypedDict):
    """The input of google/veo-3.1-quality/text-to-video.

    Left out:
    - input.prompt.max_length: at most 4,000 characters (not expressible in python)
    """

    prompt: str
    aspect_ratio: NotRequired[Literal['16:9', '9:16']]
    seed: NotRequired[float]
    resolution: NotRequired[Literal['720p', '1080p', '4k']]
    duration: NotRequired[Literal['4', '6', '8']]
    has_sound: NotRequired[Literal['false', 'true']]


class GoogleVeo3_1QualityTextToVideo(TypedDict):
    """A request for google/veo-3.1-quality/text-to-video."""

    model: Literal['google/veo-3.1-quality/text-to-video']
    version: NotRequired[str]
    input: GoogleVeo3_1QualityTextToVideoInput
    webhookUrl: NotRequired[str]


class GoogleVeo3_1StartEndFrameToVideoInput(TypedDict):
    """The input of google/veo-3.1/start-end-frame-to-video.

    Left out:
    - input.prompt.max_length: at most 4,000 characters (not expressible in python)
    - input.start_frame_url.format: an http or https URL (not expressible in python)
    - input.end_frame_url.format: an http or https URL (not expressible in python)
    - input.aspect_ratio.allowed: one of "16:9", "9:16" (not certain: sibling)
    - input.resolution.allowed: one of "720p", "1080p", "4k" (not certain: sibling)
    """

    prompt: NotRequired[str]
    start_frame_url: str
    end_frame_url: str
    aspect_ratio: NotRequired[str]
    duration: NotRequired[Literal['4', '6', '8']]
    resolution: NotRequired[str]


class GoogleVeo3_1StartEndFrameToVideo(TypedDict):
    """A request for google/veo-3.1/start-end-frame-to-video."""

    model: Literal['google/veo-3.1/start-end-frame-to-video']
    version: NotRequired[str]
    input: GoogleVeo3_1StartEndFrameToVideoInput
    webhookUrl: NotRequired[str]


class KlingPlusKling2_1MasterImageToVideoInput(TypedDict):
    """The input of kling-plus/kling-2.1-master/image-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.image_url.format: an http or https URL (not expressible in python)
    - input.guidance_scale.min: at least 0 (not expressible in python)
    - input.guidance_scale.max: at most 1 (not expressible in python)
    - input.negative_prompt.max_length: at most 1,000 characters (not expressible in python)
    """

    prompt: NotRequired[str]
    image_url: str
    duration: NotRequired[Literal['5', '10']]
    guidance_scale: NotRequired[float]
    negative_prompt: NotRequired[str]


class KlingPlusKling2_1MasterImageToVideo(TypedDict):
    """A request for kling-plus/kling-2.1-master/image-to-video."""

    model: Literal['kling-plus/kling-2.1-master/image-to-video']
    version: NotRequired[str]
    input: KlingPlusKling2_1MasterImageToVideoInput
    webhookUrl: NotRequired[str]


class KlingPlusKling2_1MasterTextToVideoInput(TypedDict):
    """The input of kling-plus/kling-2.1-master/text-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.guidance_scale.type: of type number (not certain: sibling)
    - input.guidance_scale.min: at least 0 (not expressible in python)
    - input.guidance_scale.max: at most 1 (not expressible in python)
    - input.negative_prompt.type: of type string (not certain: sibling)
    - input.negative_prompt.max_length: at most 1,000 characters (not expressible in python)
    - input: no other fields (the page's list of fields may be incomplete)
    """

    prompt: str
    aspect_ratio: NotRequired[Literal['16:9', '9:16', '1:1']]
    duration: NotRequired[Literal['5', '10']]
    guidance_scale: NotRequired[object]
    negative_prompt: NotRequired[object]


class KlingPlusKling2_1MasterTextToVideo(TypedDict):
    """A request for kling-plus/kling-2.1-master/text-to-video."""

    model: Literal['kling-plus/kling-2.1-master/text-to-video']
    version: NotRequired[str]
    input: KlingPlusKling2_1MasterTextToVideoInput
    webhookUrl: NotRequired[str]


class KlingPlusKling2_1ProImageToVideoInput(TypedDict):
    """The input of kling-plus/kling-2.1-pro/image-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.image_url.format: an http or https URL (not expressible in python)
    - input.guidance_scale.type: of type number (not certain: sibling)
    - input.guidance_scale.min: at least 0 (not expressible in python)
    - input.guidance_scale.max: at most 1 (not expressible in python)
    - input.negative_prompt.type: of type string (not certain: sibling)
    - input.negative_prompt.max_length: at most 1,000 characters (not expressible in python)
    - input: no other fields (the page's list of fields may be incomplete)
    """

    prompt: NotRequired[str]
    image_url: str
    duration: NotRequired[Literal['5', '10']]
    guidance_scale: NotRequired[object]
    negative_prompt: NotRequired[object]


class KlingPlusKling2_1ProImageToVideo(TypedDict):
    """A request for kling-plus/kling-2.1-pro/image-to-video."""

    model: Literal['kling-plus/kling-2.1-pro/image-to-video']
    version: NotRequired[str]
    input: KlingPlusKling2_1ProImageToVideoInput
    webhookUrl: NotRequired[str]


class KlingPlusKling2_1ProStartEndFrameToVideoInput(TypedDict):
    """The input of kling-plus/kling-2.1-pro/start-end-frame-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.image_url.format: an http or https URL (not expressible in python)
    - input.end_image_url.format: an http or https URL (not expressible in python)
    - input.guidance_scale.type: of type number (not certain: sibling)
    - input.guidance_scale.min: at least 0 (not expressible in python)
    - input.guidance_scale.max: at most 1 (not expressible in python)
    - input.negative_prompt.type: of type string (not certain: sibling)
    - input.negative_prompt.max_length: at most 1,000 characters (not expressible in python)
    - input: no other fields (the page's list of fields may be incomplete)
    """

    prompt: NotRequired[str]
    image_url: str
    end_image_url: str
    duration: NotRequired[Literal['5', '10']]
    guidance_scale: NotRequired[object]
    negative_prompt: NotRequired[object]


class KlingPlusKling2_1ProStartEndFrameToVideo(TypedDict):
    """A request for kling-plus/kling-2.1-pro/start-end-frame-to-video."""

    model: Literal['kling-plus/kling-2.1-pro/start-end-frame-to-video']
    version: NotRequired[str]
    input: KlingPlusKling2_1ProStartEndFrameToVideoInput
    webhookUrl: NotRequired[str]


class KlingPlusKling2_5TurboProTextToVideoInput(TypedDict):
    """The input of kling-plus/kling-2.5-turbo-pro/text-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.guidance_scale.type: of type number (not certain: sibling)
    - input.guidance_scale.min: at least 0 (not expressible in python)
    - input.guidance_scale.max: at most 1 (not expressible in python)
    - input.negative_prompt.type: of type string (not certain: sibling)
    - input.negative_prompt.max_length: at most 1,000 characters (not expressible in python)
    - input: no other fields (the page's list of fields may be incomplete)
    """

    prompt: str
    aspect_ratio: NotRequired[Literal['16:9', '9:16', '1:1']]
    duration: NotRequired[Literal['5', '10']]
    guidance_scale: NotRequired[object]
    negative_prompt: NotRequired[object]


class KlingPlusKling2_5TurboProTextToVideo(TypedDict):
    """A request for kling-plus/kling-2.5-turbo-pro/text-to-video."""

    model: Literal['kling-plus/kling-2.5-turbo-pro/text-to-video']
    version: NotRequired[str]
    input: KlingPlusKling2_5TurboProTextToVideoInput
    webhookUrl: NotRequired[str]


class KlingPlusKling2_6ProMotionControlInput(TypedDict):
    """The input of kling-plus/kling-2.6-pro/motion-control.

    Left out:
    - input.image.format: an http or https URL (not expressible in python)
    - input.video.format: an http or https URL (not expressible in python)
    - input.prompt.max_length: at most 1,000 characters (not expressible in python)
    - input.negative_prompt.type: of type string (not certain: sibling)
    - input.negative_prompt.max_length: at most 1,000 characters (not expressible in python)
    - input.keep_original_sound.type: of type boolean (not certain: sibling)
    - input: no other fields (the page's list of fields may be incomplete)
    """

    image: str
    video: str
    character_orientation: NotRequired[Literal['image', 'video']]
    prompt: NotRequired[str]
    negative_prompt: NotRequired[object]
    keep_original_sound: NotRequired[object]


class KlingPlusKling2_6ProMotionControl(TypedDict):
    """A request for kling-plus/kling-2.6-pro/motion-control."""

    model: Literal['kling-plus/kling-2.6-pro/motion-control']
    version: NotRequired[str]
    input: KlingPlusKling2_6ProMotionControlInput
    webhookUrl: NotRequired[str]


class KlingPlusKling3_0ProMotionControlInput(TypedDict):
    """The input of kling-plus/kling-3.0-pro/motion-control.

    Left out:
    - input.image.format: an http or https URL (not expressible in python)
    - input.video.format: an http or https URL (not expressible in python)
    - input.prompt.max_length: at most 1,000 characters (not expressible in python)
    - input.negative_prompt.max_length: at most 1,000 characters (not expressible in python)
    - input.character_orientation.allowed: one of "image", "video" (not certain: sibling)
    - input.shot_type.allowed: one of "customize", "intelligent" (not certain: sibling)
    """

    image: str
    video: str
    prompt: NotRequired[str]
    negative_prompt: NotRequired[str]
    character_orientation: NotRequired[str]
    keep_original_sound: NotRequired[bool]
    shot_type: NotRequired[str]


class KlingPlusKling3_0ProMotionControl(TypedDict):
    """A request for kling-plus/kling-3.0-pro/motion-control."""

    model: Literal['kling-plus/kling-3.0-pro/motion-control']
    version: NotRequired[str]
    input: KlingPlusKling3_0ProMotionControlInput
    webhookUrl: NotRequired[str]


class KlingPlusKling3_0StandardTextToVideoInput(TypedDict):
    """The input of kling-plus/kling-3.0-standard/text-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.aspect_ratio.allowed: one of "16:9", "9:16", "1:1" (not certain: sibling)
    - input.negative_prompt.max_length: at most 1,000 characters (not expressible in python)
    - input.shot_type.allowed: one of "customize", "intelligent" (not certain: sibling)
    """

    prompt: str
    aspect_ratio: NotRequired[str]
    duration: NotRequired[Literal['3', '4', '5', '6', '7', '8', '9', '10', '11', '12', '13', '14', '15']]
    has_sound: NotRequired[Literal['false', 'true']]
    cfg_scale: NotRequired[float]
    negative_prompt: NotRequired[str]
    shot_type: NotRequired[str]


class KlingPlusKling3_0StandardTextToVideo(TypedDict):
    """A request for kling-plus/kling-3.0-standard/text-to-video."""

    model: Literal['kling-plus/kling-3.0-standard/text-to-video']
    version: NotRequired[str]
    input: KlingPlusKling3_0StandardTextToVideoInput
    webhookUrl: NotRequired[str]


class KlingPlusKlingO1ProVideoEditFastInput(TypedDict):
    """The input of kling-plus/kling-o1-pro/video-edit-fast.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    - input.video_url.format: an http or https URL (not expressible in python)
    - input.images.max_items: at most 10 in the list (not expressible in python)
    - input.aspect_ratio.allowed: one of "16:9", "9:16", "1:1" (not certain: sibling)
    """

    prompt: NotRequired[str]
    video_url: str
    images: NotRequired[list[dict[str, object]]]
    keep_original_sound: NotRequired[bool]
    aspect_ratio: NotRequired[str]


class KlingPlusKlingO1ProVideoEditFast(TypedDict):
    """A request for kling-plus/kling-o1-pro/video-edit-fast."""

    model: Literal['kling-plus/kling-o1-pro/video-edit-fast']
    version: NotRequired[str]
    input: KlingPlusKlingO1ProVideoEditFastInput
    webhookUrl: NotRequired[str]


class KlingPlusKlingO1StandardReferenceToVideoInput(TypedDict):
    """The input of kling-plus/kling-o1-standard/reference-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    - input.video_url.format: an http or https URL (not expressible in python)
    - input.images.type: of type array (not certain: sibling)
    - input.images.items: each item of type object (not certain: sibling)
    - input.images.max_items: at most 10 in the list (not expressible in python)
    - input.keep_original_sound.type: of type boolean (not certain: sibling)
    - at_least_one[1]: at least one of images, video_url (not certain: assumed)
    - input: no other fields (the page's list of fields may be incomplete)
    """

    prompt: NotRequired[str]
    video_url: NotRequired[str]
    images: NotRequired[object]
    duration: NotRequired[Literal['3', '4', '5', '6', '7', '8', '9', '10']]
    keep_original_sound: NotRequired[object]


class KlingPlusKlingO1StandardReferenceToVideo(TypedDict):
    """A request for kling-plus/kling-o1-standard/reference-to-video."""

    model: Literal['kling-plus/kling-o1-standard/reference-to-video']
    version: NotRequired[str]
    input: KlingPlusKlingO1StandardReferenceToVideoInput
    webhookUrl: NotRequired[str]


class KlingPlusKlingO1StandardStartEndFrameToVideoInput(TypedDict):
    """The input of kling-plus/kling-o1-standard/start-end-frame-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.image_url.format: an http or https URL (not expressible in python)
    - input.end_image_url.format: an http or https URL (not expressible in python)
    """

    prompt: NotRequired[str]
    image_url: str
    end_image_url: str
    duration: NotRequired[Literal['3', '4', '5', '6', '7', '8', '9', '10']]


class KlingPlusKlingO1StandardStartEndFrameToVideo(TypedDict):
    """A request for kling-plus/kling-o1-standard/start-end-frame-to-video."""

    model: Literal['kling-plus/kling-o1-standard/start-end-frame-to-video']
    version: NotRequired[str]
    input: KlingPlusKlingO1StandardStartEndFrameToVideoInput
    webhookUrl: NotRequired[str]


class KlingPlusKlingO1StandardTextToVideoInput(TypedDict):
    """The input of kling-plus/kling-o1-standard/text-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.aspect_ratio.allowed: one of "16:9", "9:16", "1:1" (not certain: sibling)
    """

    prompt: str
    aspect_ratio: NotRequired[str]
    duration: NotRequired[Literal['5', '10']]


class KlingPlusKlingO1StandardTextToVideo(TypedDict):
    """A request for kling-plus/kling-o1-standard/text-to-video."""

    model: Literal['kling-plus/kling-o1-standard/text-to-video']
    version: NotRequired[str]
    input: KlingPlusKlingO1StandardTextToVideoInput
    webhookUrl: NotRequired[str]


class KlingPlusKlingO1StandardVideoEditInput(TypedDict):
    """The input of kling-plus/kling-o1-standard/video-edit.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    - input.video_url.format: an http or https URL (not expressible in python)
    - input.images.type: of type array (not certain: sibling)
    - input.images.items: each item of type object (not certain: sibling)
    - input.images.max_items: at most 10 in the list (not expressible in python)
    - input.keep_original_sound.type: of type boolean (not certain: sibling)
    - input: no other fields (the page's list of fields may be incomplete)
    """

    prompt: NotRequired[str]
    video_url: str
    images: NotRequired[object]
    keep_original_sound: NotRequired[object]


class KlingPlusKlingO1StandardVideoEdit(TypedDict):
    """A request for kling-plus/kling-o1-standard/video-edit."""

    model: Literal['kling-plus/kling-o1-standard/video-edit']
    version: NotRequired[str]
    input: KlingPlusKlingO1StandardVideoEditInput
    webhookUrl: NotRequired[str]


class KlingPlusKlingO3ProVideoEditInput(TypedDict):
    """The input of kling-plus/kling-o3-pro/video-edit.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    - input.video_url.format: an http or https URL (not expressible in python)
    - input.images.type: of type array (not certain: sibling)
    - input.images.items: each item of type object (not certain: sibling)
    - input.images.max_items: at most 4 in the list (not expressible in python)
    - input.keep_original_sound.type: of type boolean (not certain: sibling)
    - input.shot_type.type: of type string (not certain: sibling)
    - input.shot_type.allowed: one of "customize", "intelligent" (not certain: sibling)
    - input: no other fields (the page's list of fields may be incomplete)
    """

    prompt: NotRequired[str]
    video_url: str
    images: NotRequired[object]
    keep_original_sound: NotRequired[object]
    shot_type: NotRequired[object]


class KlingPlusKlingO3ProVideoEdit(TypedDict):
    """A request for kling-plus/kling-o3-pro/video-edit."""

    model: Literal['kling-plus/kling-o3-pro/video-edit']
    version: NotRequired[str]
    input: KlingPlusKlingO3ProVideoEditInput
    webhookUrl: NotRequired[str]


class KlingPlusKlingO3StandardImageToVideoInput(TypedDict):
    """The input of kling-plus/kling-o3-standard/image-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.image_url.format: an http or https URL (not expressible in python)
    - input.shot_type.allowed: one of "customize", "intelligent" (not certain: sibling)
    """

    prompt: NotRequired[str]
    image_url: str
    duration: NotRequired[Literal['3', '4', '5', '6', '7', '8', '9', '10', '11', '12', '13', '14', '15']]
    has_sound: NotRequired[Literal['false', 'true']]
    shot_type: NotRequired[str]
    multishot: NotRequired[list[dict[str, object]]]


class KlingPlusKlingO3StandardImageToVideo(TypedDict):
    """A request for kling-plus/kling-o3-standard/image-to-video."""

    model: Literal['kling-plus/kling-o3-standard/image-to-video']
    version: NotRequired[str]
    input: KlingPlusKlingO3StandardImageToVideoInput
    webhookUrl: NotRequired[str]


class KlingPlusKlingO3StandardReferenceToVideoInput(TypedDict):
    """The input of kling-plus/kling-o3-standard/reference-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    - input.video_url.format: an http or https URL (not expressible in python)
    - input.aspect_ratio.allowed: one of "16:9", "9:16", "1:1" (not certain: sibling)
    - input.shot_type.allowed: one of "customize", "intelligent" (not certain: sibling)
    - at_least_one[1]: at least one of images, video_url (not expressible in python)
    """

    prompt: NotRequired[str]
    video_url: NotRequired[str]
    images: NotRequired[list[dict[str, object]]]
    aspect_ratio: NotRequired[str]
    duration: NotRequired[Literal['3', '4', '5', '6', '7', '8', '9', '10', '11', '12', '13', '14', '15']]
    has_sound: NotRequired[Literal['false', 'true']]
    keep_original_sound: NotRequired[bool]
    shot_type: NotRequired[str]
    multishot: NotRequired[list[dict[str, object]]]


class KlingPlusKlingO3StandardReferenceToVideo(TypedDict):
    """A request for kling-plus/kling-o3-standard/reference-to-video."""

    model: Literal['kling-plus/kling-o3-standard/reference-to-video']
    version: NotRequired[str]
    input: KlingPlusKlingO3StandardReferenceToVideoInput
    webhookUrl: NotRequired[str]


class KlingPlusKlingO3StandardTextToVideoInput(TypedDict):
    """The input of kling-plus/kling-o3-standard/text-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.aspect_ratio.allowed: one of "16:9", "9:16", "1:1" (not certain: sibling)
    - input.shot_type.allowed: one of "customize", "intelligent" (not certain: sibling)
    """

    prompt: str
    aspect_ratio: NotRequired[str]
    duration: NotRequired[Literal['3', '4', '5', '6', '7', '8', '9', '10', '11', '12', '13', '14', '15']]
    has_sound: NotRequired[Literal['false', 'true']]
    shot_type: NotRequired[str]
    multishot: NotRequired[list[dict[str, object]]]


class KlingPlusKlingO3StandardTextToVideo(TypedDict):
    """A request for kling-plus/kling-o3-standard/text-to-video."""

    model: Literal['kling-plus/kling-o3-standard/text-to-video']
    version: NotRequired[str]
    input: KlingPlusKlingO3StandardTextToVideoInput
    webhookUrl: NotRequired[str]


class KlingPlusKlingO3StandardVideoEditInput(TypedDict):
    """The input of kling-plus/kling-o3-standard/video-edit.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    - input.video_url.format: an http or https URL (not expressible in python)
    - input.video_url.required: required (not certain: assumed)
    - input.images.max_items: at most 4 in the list (not expressible in python)
    - input.shot_type.allowed: one of "customize", "intelligent" (not certain: sibling)
    """

    prompt: NotRequired[str]
    video_url: NotRequired[str]
    images: NotRequired[list[dict[str, object]]]
    keep_original_sound: NotRequired[bool]
    shot_type: NotRequired[str]


class KlingPlusKlingO3StandardVideoEdit(TypedDict):
    """A request for kling-plus/kling-o3-standard/video-edit."""

    model: Literal['kling-plus/kling-o3-standard/video-edit']
    version: NotRequired[str]
    input: KlingPlusKlingO3StandardVideoEditInput
    webhookUrl: NotRequired[str]


class KlingKling2_6I2vImageToVideoInput(TypedDict):
    """The input of kling/kling-2.6-i2v/image-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.image_url.format: an http or https URL (not expressible in python)
    """

    prompt: NotRequired[str]
    image_url: str
    duration: NotRequired[Literal['5', '10']]


class KlingKling2_6I2vImageToVideo(TypedDict):
    """A request for kling/kling-2.6-i2v/image-to-video."""

    model: Literal['kling/kling-2.6-i2v/image-to-video']
    version: NotRequired[str]
    input: KlingKling2_6I2vImageToVideoInput
    webhookUrl: NotRequired[str]


class KlingKling2_6ProTextToVideoInput(TypedDict):
    """The input of kling/kling-2.6-pro/text-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    """

    prompt: str
    aspect_ratio: NotRequired[Literal['16:9', '9:16']]
    duration: NotRequired[Literal['5', '10']]
    has_sound: NotRequired[Literal['false', 'true']]


class KlingKling2_6ProTextToVideo(TypedDict):
    """A request for kling/kling-2.6-pro/text-to-video."""

    model: Literal['kling/kling-2.6-pro/text-to-video']
    version: NotRequired[str]
    input: KlingKling2_6ProTextToVideoInput
    webhookUrl: NotRequired[str]


class KlingKling3_0ProImageToVideoInput(TypedDict):
    """The input of kling/kling-3.0-pro/image-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.image_url.format: an http or https URL (not expressible in python)
    """

    prompt: NotRequired[str]
    image_url: str
    aspect_ratio: NotRequired[Literal['16:9', '9:16', '1:1']]
    duration: NotRequired[Literal['5', '10', '15']]
    has_sound: NotRequired[Literal['false', 'true']]


class KlingKling3_0ProImageToVideo(TypedDict):
    """A request for kling/kling-3.0-pro/image-to-video."""

    model: Literal['kling/kling-3.0-pro/image-to-video']
    version: NotRequired[str]
    input: KlingKling3_0ProImageToVideoInput
    webhookUrl: NotRequired[str]


class KlingKling3_0ProStartEndFrameToVideoInput(TypedDict):
    """The input of kling/kling-3.0-pro/start-end-frame-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.start_frame_url.format: an http or https URL (not expressible in python)
    - input.end_frame_url.format: an http or https URL (not expressible in python)
    - input.aspect_ratio.allowed: one of "16:9", "9:16", "1:1" (not certain: sibling)
    """

    prompt: NotRequired[str]
    start_frame_url: str
    end_frame_url: str
    aspect_ratio: NotRequired[str]
    duration: NotRequired[Literal['5', '10', '15']]
    has_sound: NotRequired[Literal['false', 'true']]


class KlingKling3_0ProStartEndFrameToVideo(TypedDict):
    """A request for kling/kling-3.0-pro/start-end-frame-to-video."""

    model: Literal['kling/kling-3.0-pro/start-end-frame-to-video']
    version: NotRequired[str]
    input: KlingKling3_0ProStartEndFrameToVideoInput
    webhookUrl: NotRequired[str]


class KlingKling3_0StandardImageToVideoInput(TypedDict):
    """The input of kling/kling-3.0-standard/image-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.image_url.format: an http or https URL (not expressible in python)
    - input.image_url.required: required (not certain: assumed)
    - input.aspect_ratio.allowed: one of "16:9", "9:16", "1:1" (not certain: sibling)
    """

    prompt: NotRequired[str]
    image_url: NotRequired[str]
    aspect_ratio: NotRequired[str]
    duration: NotRequired[Literal['5', '10', '15']]
    has_sound: NotRequired[Literal['false', 'true']]


class KlingKling3_0StandardImageToVideo(TypedDict):
    """A request for kling/kling-3.0-standard/image-to-video."""

    model: Literal['kling/kling-3.0-standard/image-to-video']
    version: NotRequired[str]
    input: KlingKling3_0StandardImageToVideoInput
    webhookUrl: NotRequired[str]


class KlingKling3_0StandardTextToVideoInput(TypedDict):
    """The input of kling/kling-3.0-standard/text-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    """

    prompt: str
    aspect_ratio: NotRequired[Literal['16:9', '9:16', '1:1']]
    duration: NotRequired[Literal['5', '10', '15']]
    has_sound: NotRequired[Literal['false', 'true']]


class KlingKling3_0StandardTextToVideo(TypedDict):
    """A request for kling/kling-3.0-standard/text-to-video."""

    model: Literal['kling/kling-3.0-standard/text-to-video']
    version: NotRequired[str]
    input: KlingKling3_0StandardTextToVideoInput
    webhookUrl: NotRequired[str]


class KlingKlingExtendV3ExtendVideoInput(TypedDict):
    """The input of kling/kling-extend-v3/extend-video.

    Left out:
    - input.video_url.format: an http or https URL (not expressible in python)
    - input.video_url.required: required (not certain: assumed)
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.negative_prompt.type: of type string (not certain: sibling)
    - input.negative_prompt.max_length: at most 1,000 characters (not expressible in python)
    - input: no other fields (the page's list of fields may be incomplete)
    """

    video_url: NotRequired[str]
    prompt: NotRequired[str]
    negative_prompt: NotRequired[object]
    quality: NotRequired[Literal['std', 'pro']]
    duration: NotRequired[Literal['5', '10']]


class KlingKlingExtendV3ExtendVideo(TypedDict):
    """A request for kling/kling-extend-v3/extend-video."""

    model: Literal['kling/kling-extend-v3/extend-video']
    version: NotRequired[str]
    input: KlingKlingExtendV3ExtendVideoInput
    webhookUrl: NotRequired[str]


class KlingKlingI2vFramesO1StartEndFrameToVideoInput(TypedDict):
    """The input of kling/kling-i2v-frames-o1/start-end-frame-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.start_frame_url.format: an http or https URL (not expressible in python)
    - input.end_frame_url.format: an http or https URL (not expressible in python)
    """

    prompt: NotRequired[str]
    start_frame_url: str
    end_frame_url: str
    quality: NotRequired[Literal['std', 'pro']]
    duration: NotRequired[Literal['5', '10']]
    aspect_ratio: NotRequired[Literal['16:9', '9:16', '1:1']]


class KlingKlingI2vFramesO1StartEndFrameToVideo(TypedDict):
    """A request for kling/kling-i2v-frames-o1/start-end-frame-to-video."""

    model: Literal['kling/kling-i2v-frames-o1/start-end-frame-to-video']
    version: NotRequired[str]
    input: KlingKlingI2vFramesO1StartEndFrameToVideoInput
    webhookUrl: NotRequired[str]


class KlingKlingI2vFramesV25ImageToVideoInput(TypedDict):
    """The input of kling/kling-i2v-frames-v25/image-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.image_url.format: an http or https URL (not expressible in python)
    - input.seed.type: of type number (not certain: sibling)
    - input: no other fields (the page's list of fields may be incomplete)
    """

    prompt: NotRequired[str]
    image_url: str
    quality: NotRequired[Literal['std', 'pro']]
    duration: NotRequired[Literal['5', '10']]
    aspect_ratio: NotRequired[Literal['16:9', '9:16', '1:1']]
    seed: NotRequired[object]


class KlingKlingI2vFramesV25ImageToVideo(TypedDict):
    """A request for kling/kling-i2v-frames-v25/image-to-video."""

    model: Literal['kling/kling-i2v-frames-v25/image-to-video']
    version: NotRequired[str]
    input: KlingKlingI2vFramesV25ImageToVideoInput
    webhookUrl: NotRequired[str]


class KlingKlingI2vFramesV25StartEndFrameToVideoInput(TypedDict):
    """The input of kling/kling-i2v-frames-v25/start-end-frame-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.image_url.format: an http or https URL (not expressible in python)
    - input.end_image_url.format: an http or https URL (not expressible in python)
    - input.seed.type: of type number (not certain: sibling)
    - input: no other fields (the page's list of fields may be incomplete)
    """

    prompt: NotRequired[str]
    image_url: str
    end_image_url: str
    quality: NotRequired[Literal['std', 'pro']]
    duration: NotRequired[Literal['5', '10']]
    aspect_ratio: NotRequired[Literal['16:9', '9:16', '1:1']]
    seed: NotRequired[object]


class KlingKlingI2vFramesV25StartEndFrameToVideo(TypedDict):
    """A request for kling/kling-i2v-frames-v25/start-end-frame-to-video."""

    model: Literal['kling/kling-i2v-frames-v25/start-end-frame-to-video']
    version: NotRequired[str]
    input: KlingKlingI2vFramesV25StartEndFrameToVideoInput
    webhookUrl: NotRequired[str]


class KlingKlingI2vFramesV26StartEndFrameToVideoInput(TypedDict):
    """The input of kling/kling-i2v-frames-v26/start-end-frame-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.start_frame_url.format: an http or https URL (not expressible in python)
    - input.end_frame_url.format: an http or https URL (not expressible in python)
    """

    prompt: NotRequired[str]
    start_frame_url: str
    end_frame_url: str
    quality: NotRequired[Literal['std', 'pro']]
    duration: NotRequired[Literal['5', '10']]
    aspect_ratio: NotRequired[Literal['16:9', '9:16', '1:1']]


class KlingKlingI2vFramesV26StartEndFrameToVideo(TypedDict):
    """A request for kling/kling-i2v-frames-v26/start-end-frame-to-video."""

    model: Literal['kling/kling-i2v-frames-v26/start-end-frame-to-video']
    version: NotRequired[str]
    input: KlingKlingI2vFramesV26StartEndFrameToVideoInput
    webhookUrl: NotRequired[str]


class KlingKlingMotionCreateV3MotionTransferToVideoInput(TypedDict):
    """The input of kling/kling-motion-create-v3/motion-transfer-to-video.

    Left out:
    - input.image_url.format: an http or https URL (not expressible in python)
    - input.motion_video_url.format: an http or https URL (not expressible in python)
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    """

    image_url: str
    motion_video_url: str
    prompt: NotRequired[str]
    quality: NotRequired[Literal['std', 'pro']]


class KlingKlingMotionCreateV3MotionTransferToVideo(TypedDict):
    """A request for kling/kling-motion-create-v3/motion-transfer-to-video."""

    model: Literal['kling/kling-motion-create-v3/motion-transfer-to-video']
    version: NotRequired[str]
    input: KlingKlingMotionCreateV3MotionTransferToVideoInput
    webhookUrl: NotRequired[str]


class KlingKlingOmniO1ImageToVideoInput(TypedDict):
    """The input of kling/kling-omni-o1/image-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.image_url.format: an http or https URL (not expressible in python)
    - input.aspect_ratio.allowed: one of "16:9", "9:16", "1:1" (not certain: sibling)
    """

    prompt: NotRequired[str]
    image_url: str
    quality: NotRequired[Literal['std', 'pro']]
    duration: NotRequired[Literal['5', '10']]
    aspect_ratio: NotRequired[str]


class KlingKlingOmniO1ImageToVideo(TypedDict):
    """A request for kling/kling-omni-o1/image-to-video."""

    model: Literal['kling/kling-omni-o1/image-to-video']
    version: NotRequired[str]
    input: KlingKlingOmniO1ImageToVideoInput
    webhookUrl: NotRequired[str]


class KlingKlingText2videoV25TextToVideoInput(TypedDict):
    """The input of kling/kling-text2video-v25/text-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    - input.aspect_ratio.allowed: one of "16:9", "9:16", "1:1" (not certain: sibling)
    """

    prompt: str
    quality: NotRequired[Literal['std', 'pro']]
    duration: NotRequired[Literal['5', '10']]
    aspect_ratio: NotRequired[str]
    seed: NotRequired[float]


class KlingKlingText2videoV25TextToVideo(TypedDict):
    """A request for kling/kling-text2video-v25/text-to-video."""

    model: Literal['kling/kling-text2video-v25/text-to-video']
    version: NotRequired[str]
    input: KlingKlingText2videoV25TextToVideoInput
    webhookUrl: NotRequired[str]


class MinimaxPlusHailuo2_3FastProImageToVideoInput(TypedDict):
    """The input of minimax-plus/hailuo-2.3-fast-pro/image-to-video.

    Left out:
    - input.image_url.format: an http or https URL (not expressible in python)
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    """

    image_url: str
    prompt: NotRequired[str]


class MinimaxPlusHailuo2_3FastProImageToVideo(TypedDict):
    """A request for minimax-plus/hailuo-2.3-fast-pro/image-to-video."""

    model: Literal['minimax-plus/hailuo-2.3-fast-pro/image-to-video']
    version: NotRequired[str]
    input: MinimaxPlusHailuo2_3FastProImageToVideoInput
    webhookUrl: NotRequired[str]


class MinimaxPlusHailuo2_3FastImageToVideoInput(TypedDict):
    """The input of minimax-plus/hailuo-2.3-fast/image-to-video.

    Left out:
    - input.image_url.format: an http or https URL (not expressible in python)
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    """

    image_url: str
    prompt: NotRequired[str]
    duration: NotRequired[Literal['6', '10']]


class MinimaxPlusHailuo2_3FastImageToVideo(TypedDict):
    """A request for minimax-plus/hailuo-2.3-fast/image-to-video."""

    model: Literal['minimax-plus/hailuo-2.3-fast/image-to-video']
    version: NotRequired[str]
    input: MinimaxPlusHailuo2_3FastImageToVideoInput
    webhookUrl: NotRequired[str]


class MinimaxPlusHailuo2_3ProImageToVideoInput(TypedDict):
    """The input of minimax-plus/hailuo-2.3-pro/image-to-video.

    Left out:
    - input.image_url.format: an http or https URL (not expressible in python)
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    """

    image_url: str
    prompt: NotRequired[str]


class MinimaxPlusHailuo2_3ProImageToVideo(TypedDict):
    """A request for minimax-plus/hailuo-2.3-pro/image-to-video."""

    model: Literal['minimax-plus/hailuo-2.3-pro/image-to-video']
    version: NotRequired[str]
    input: MinimaxPlusHailuo2_3ProImageToVideoInput
    webhookUrl: NotRequired[str]


class MinimaxPlusHailuo2_3ProTextToVideoInput(TypedDict):
    """The input of minimax-plus/hailuo-2.3-pro/text-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    """

    prompt: str


class MinimaxPlusHailuo2_3ProTextToVideo(TypedDict):
    """A request for minimax-plus/hailuo-2.3-pro/text-to-video."""

    model: Literal['minimax-plus/hailuo-2.3-pro/text-to-video']
    version: NotRequired[str]
    input: MinimaxPlusHailuo2_3ProTextToVideoInput
    webhookUrl: NotRequired[str]


class MinimaxPlusHailuo2_3StandardImageToVideoInput(TypedDict):
    """The input of minimax-plus/hailuo-2.3-standard/image-to-video.

    Left out:
    - input.image_url.format: an http or https URL (not expressible in python)
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    """

    image_url: str
    prompt: NotRequired[str]
    duration: NotRequired[Literal['6', '10']]


class MinimaxPlusHailuo2_3StandardImageToVideo(TypedDict):
    """A request for minimax-plus/hailuo-2.3-standard/image-to-video."""

    model: Literal['minimax-plus/hailuo-2.3-standard/image-to-video']
    version: NotRequired[str]
    input: MinimaxPlusHailuo2_3StandardImageToVideoInput
    webhookUrl: NotRequired[str]


class MinimaxPlusHailuo2_3StandardTextToVideoInput(TypedDict):
    """The input of minimax-plus/hailuo-2.3-standard/text-to-video.

    Left out:
    - input.prompt.max_length: at most 2,500 characters (not expressible in python)
    """

    prompt: str
    duration: NotRequired[Literal['6', '10']]


class MinimaxPlusHailuo2_3StandardTextToVideo(TypedDict):
    """A request for minimax-plus/hailuo-2.3-standard/text-to-video."""

    model: Literal['minimax-plus/hailuo-2.3-standard/text-to-video']
    version: NotRequired[str]
    input: MinimaxPlusHailuo2_3StandardTextToVideoInput
    webhookUrl: NotRequired[str]


class OpenaiGptImage1MiniEditImageInput(TypedDict):
    """The input of openai/gpt-image-1-mini/edit-image.

    Left out:
    - input: no other fields (the page's list of fields may be incomplete)
    """



class OpenaiGptImage1MiniEditImage(TypedDict):
    """A request for openai/gpt-image-1-mini/edit-image."""

    model: Literal['openai/gpt-image-1-mini/edit-image']
    version: NotRequired[str]
    input: OpenaiGptImage1MiniEditImageInput
    webhookUrl: NotRequired[str]


class OpenaiGptImage1_5EditImageInput(TypedDict):
    """The input of openai/gpt-image-1.5/edit-image.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    - input.image_url.format: an http or https URL (not expressible in python)
    """

    prompt: NotRequired[str]
    image_url: str
    aspect_ratio: NotRequired[Literal['1:1', '3:2', '2:3']]


class OpenaiGptImage1_5EditImage(TypedDict):
    """A request for openai/gpt-image-1.5/edit-image."""

    model: Literal['openai/gpt-image-1.5/edit-image']
    version: NotRequired[str]
    input: OpenaiGptImage1_5EditImageInput
    webhookUrl: NotRequired[str]


class OpenaiGptImage1_5TextToImageInput(TypedDict):
    """The input of openai/gpt-image-1.5/text-to-image.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    """

    prompt: NotRequired[str]
    aspect_ratio: NotRequired[Literal['1:1', '3:2', '2:3']]


class OpenaiGptImage1_5TextToImage(TypedDict):
    """A request for openai/gpt-image-1.5/text-to-image."""

    model: Literal['openai/gpt-image-1.5/text-to-image']
    version: NotRequired[str]
    input: OpenaiGptImage1_5TextToImageInput
    webhookUrl: NotRequired[str]


class OpenaiSora2ProImageToVideoInput(TypedDict):
    """The input of openai/sora-2-pro/image-to-video.

    Left out:
    - input.image_url.format: an http or https URL (not expressible in python)
    """

    image_url: str
    aspect_ratio: NotRequired[Literal['16:9', '9:16']]
    duration: NotRequired[Literal['4', '8', '12']]
    resolution: NotRequired[Literal['720p', '1080p']]


class OpenaiSora2ProImageToVideo(TypedDict):
    """A request for openai/sora-2-pro/image-to-video."""

    model: Literal['openai/sora-2-pro/image-to-video']
    version: NotRequired[str]
    input: OpenaiSora2ProImageToVideoInput
    webhookUrl: NotRequired[str]


class OpenaiSora2ProTextToVideoInput(TypedDict):
    """The input of openai/sora-2-pro/text-to-video.

    Left out:
    - input.prompt.max_length: at most 1,000 characters (not expressible in python)
    - input.aspect_ratio.allowed: one of "16:9", "9:16" (not certain: sibling)
    """

    prompt: str
    aspect_ratio: NotRequired[str]
    duration: NotRequired[Literal['4', '8', '12']]
    resolution: NotRequired[Literal['720p', '1080p']]


class OpenaiSora2ProTextToVideo(TypedDict):
    """A request for openai/sora-2-pro/text-to-video."""

    model: Literal['openai/sora-2-pro/text-to-video']
    version: NotRequired[str]
    input: OpenaiSora2ProTextToVideoInput
    webhookUrl: NotRequired[str]


class OpenaiSora2ImageToVideoInput(TypedDict):
    """The input of openai/sora-2/image-to-video.

    Left out:
    - input.image_url.format: an http or https URL (not expressible in python)
    - input.aspect_ratio.allowed: one of "16:9", "9:16" (not certain: sibling)
    """

    image_url: str
    aspect_ratio: NotRequired[str]
    duration: NotRequired[Literal['4', '8', '12']]


class OpenaiSora2ImageToVideo(TypedDict):
    """A request for openai/sora-2/image-to-video."""

    model: Literal['openai/sora-2/image-to-video']
    version: NotRequired[str]
    input: OpenaiSora2ImageToVideoInput
    webhookUrl: NotRequired[str]


class OpenaiSora2TextToVideoInput(TypedDict):
    """The input of openai/sora-2/text-to-video.

    Left out:
    - input.prompt.max_length: at most 1,000 characters (not expressible in python)
    """

    prompt: str
    aspect_ratio: NotRequired[Literal['16:9', '9:16']]
    duration: NotRequired[Literal['4', '8', '12']]


class OpenaiSora2TextToVideo(TypedDict):
    """A request for openai/sora-2/text-to-video."""

    model: Literal['openai/sora-2/text-to-video']
    version: NotRequired[str]
    input: OpenaiSora2TextToVideoInput
    webhookUrl: NotRequired[str]


class PixelbytePlusPixelImage1_0ProImageToImageInput(TypedDict):
    """The input of pixelbyte-plus/pixel-image-1.0-pro/image-to-image.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    - input.image_urls.items: each item of type string (not certain: assumed)
    - input.image_urls.item_format: an http or https URL (not expressible in python)
    - input.image_urls.min_items: at least 1 in the list (not expressible in python)
    - input.image_urls.max_items: at most 4 in the list (not expressible in python)
    - input.size.allowed: one of "1K", "2K" (not certain: sibling)
    """

    prompt: NotRequired[str]
    image_urls: list[object]
    size: NotRequired[str]
    num_images: NotRequired[Literal['1', '2', '3', '4']]


class PixelbytePlusPixelImage1_0ProImageToImage(TypedDict):
    """A request for pixelbyte-plus/pixel-image-1.0-pro/image-to-image."""

    model: Literal['pixelbyte-plus/pixel-image-1.0-pro/image-to-image']
    version: NotRequired[str]
    input: PixelbytePlusPixelImage1_0ProImageToImageInput
    webhookUrl: NotRequired[str]


class PixelbytePlusPixelImage1_0ImageToImageInput(TypedDict):
    """The input of pixelbyte-plus/pixel-image-1.0/image-to-image.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    - input.image_urls.item_format: an http or https URL (not expressible in python)
    - input.image_urls.min_items: at least 1 in the list (not expressible in python)
    - input.image_urls.max_items: at most 4 in the list (not expressible in python)
    """

    prompt: NotRequired[str]
    image_urls: list[str]
    size: NotRequired[Literal['1K', '2K']]
    num_images: NotRequired[Literal['1', '2', '3', '4']]


class PixelbytePlusPixelImage1_0ImageToImage(TypedDict):
    """A request for pixelbyte-plus/pixel-image-1.0/image-to-image."""

    model: Literal['pixelbyte-plus/pixel-image-1.0/image-to-image']
    version: NotRequired[str]
    input: PixelbytePlusPixelImage1_0ImageToImageInput
    webhookUrl: NotRequired[str]


class PixelbytePlusPixelImage1_0TextToImageInput(TypedDict):
    """The input of pixelbyte-plus/pixel-image-1.0/text-to-image.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    """

    prompt: NotRequired[str]
    size: NotRequired[Literal['1K', '2K']]
    num_images: NotRequired[Literal['1', '2', '3', '4']]
    thinking_mode: NotRequired[bool]


class PixelbytePlusPixelImage1_0TextToImage(TypedDict):
    """A request for pixelbyte-plus/pixel-image-1.0/text-to-image."""

    model: Literal['pixelbyte-plus/pixel-image-1.0/text-to-image']
    version: NotRequired[str]
    input: PixelbytePlusPixelImage1_0TextToImageInput
    webhookUrl: NotRequired[str]


class RunwayGen4ImageEditImageInput(TypedDict):
    """The input of runway/gen-4-image/edit-image.

    Left out:
    - input.prompt.required: required (not certain: assumed)
    - input.image_urls.items: each item of type string (not certain: assumed)
    - input.image_urls.item_format: an http or https URL (not expressible in python)
    - input.image_urls.required: required (not certain: assumed)
    """

    prompt: NotRequired[str]
    image_urls: NotRequired[list[object]]
    aspect_ratio: NotRequired[str]
    resolution: NotRequired[Literal['720p', '1080p']]
    style: NotRequired[str]
    diversity: NotRequired[float]


class RunwayGen4ImageEditImage(TypedDict):
    """A request for runway/gen-4-image/edit-image."""

    model: Literal['runway/gen-4-image/edit-image']
    version: NotRequired[str]
    input: RunwayGen4ImageEditImageInput
    webhookUrl: NotRequired[str]


class RunwayGen4ImageTextToImageInput(TypedDict):
    """The input of runway/gen-4-image/text-to-image.

    Left out:
    - input.prompt.required: required (not certain: assumed)
    """

    prompt: NotRequired[str]
    aspect_ratio: NotRequired[str]
    resolution: NotRequired[Literal['720p', '1080p']]
    style: NotRequired[str]
    diversity: NotRequired[float]


class RunwayGen4ImageTextToImage(TypedDict):
    """A request for runway/gen-4-image/text-to-image."""

    model: Literal['runway/gen-4-image/text-to-image']
    version: NotRequired[str]
    input: RunwayGen4ImageTextToImageInput
    webhookUrl: NotRequired[str]


class RunwayGen4TurboImageEditImageInput(TypedDict):
    """The input of runway/gen-4-turbo-image/edit-image.

    Left out:
    - input.prompt.required: required (not certain: assumed)
    - input.image_urls.item_format: an http or https URL (not expressible in python)
    """

    prompt: NotRequired[str]
    image_urls: list[str]
    aspect_ratio: NotRequired[str]
    style: NotRequired[str]


class RunwayGen4TurboImageEditImage(TypedDict):
    """A request for runway/gen-4-turbo-image/edit-image."""

    model: Literal['runway/gen-4-turbo-image/edit-image']
    version: NotRequired[str]
    input: RunwayGen4TurboImageEditImageInput
    webhookUrl: NotRequired[str]


class RunwayGen4TurboImageToVideoInput(TypedDict):
    """The input of runway/gen-4-turbo/image-to-video.

    Left out:
    - input.prompt.max_length: at most 1,000 characters (not expressible in python)
    - input.image_url.format: an http or https URL (not expressible in python)
    - input.aspect_ratio.allowed: one of "16:9", "9:16", "1:1", "4:3", "3:4", "21:9" (not certain: sibling)
    """

    prompt: NotRequired[str]
    image_url: str
    aspect_ratio: NotRequired[str]
    duration: NotRequired[Literal['5', '10']]


class RunwayGen4TurboImageToVideo(TypedDict):
    """A request for runway/gen-4-turbo/image-to-video."""

    model: Literal['runway/gen-4-turbo/image-to-video']
    version: NotRequired[str]
    input: RunwayGen4TurboImageToVideoInput
    webhookUrl: NotRequired[str]


class RunwayGen4_5ImageToVideoInput(TypedDict):
    """The input of runway/gen-4.5/image-to-video.

    Left out:
    - input.image_url.format: an http or https URL (not expressible in python)
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    """

    image_url: str
    prompt: NotRequired[str]
    aspect_ratio: NotRequired[Literal['16:9', '9:16', '1:1', '4:3', '3:4', '21:9']]
    duration: NotRequired[Literal['2', '3', '4', '5', '6', '7', '8', '9', '10']]


class RunwayGen4_5ImageToVideo(TypedDict):
    """A request for runway/gen-4.5/image-to-video."""

    model: Literal['runway/gen-4.5/image-to-video']
    version: NotRequired[str]
    input: RunwayGen4_5ImageToVideoInput
    webhookUrl: NotRequired[str]


class RunwayGen4_5TextToVideoInput(TypedDict):
    """The input of runway/gen-4.5/text-to-video.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    """

    prompt: str
    aspect_ratio: NotRequired[Literal['16:9', '9:16', '1:1', '4:3', '3:4', '21:9']]
    duration: NotRequired[Literal['2', '3', '4', '5', '6', '7', '8', '9', '10']]


class RunwayGen4_5TextToVideo(TypedDict):
    """A request for runway/gen-4.5/text-to-video."""

    model: Literal['runway/gen-4.5/text-to-video']
    version: NotRequired[str]
    input: RunwayGen4_5TextToVideoInput
    webhookUrl: NotRequired[str]


class RunwayGen4ImageToVideoInput(TypedDict):
    """The input of runway/gen-4/image-to-video.

    Left out:
    - input.prompt.max_length: at most 1,000 characters (not expressible in python)
    - input.image_url.format: an http or https URL (not expressible in python)
    """

    prompt: NotRequired[str]
    image_url: str
    aspect_ratio: NotRequired[Literal['16:9', '9:16', '1:1', '4:3', '3:4', '21:9']]
    duration: NotRequired[Literal['5', '10']]


class RunwayGen4ImageToVideo(TypedDict):
    """A request for runway/gen-4/image-to-video."""

    model: Literal['runway/gen-4/image-to-video']
    version: NotRequired[str]
    input: RunwayGen4ImageToVideoInput
    webhookUrl: NotRequired[str]


class SeedanceSeedream5EditImageInput(TypedDict):
    """The input of seedance/seedream-5/edit-image.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    - input.image_urls.item_format: an http or https URL (not expressible in python)
    - input.image_urls.max_items: at most 14 in the list (not expressible in python)
    """

    prompt: NotRequired[str]
    image_urls: list[str]
    aspect_ratio: NotRequired[Literal['16:9', '9:16', '1:1', '4:3', '3:4', '21:9', '3:2', '2:3']]
    resolution: NotRequired[Literal['2K', '3K']]


class SeedanceSeedream5EditImage(TypedDict):
    """A request for seedance/seedream-5/edit-image."""

    model: Literal['seedance/seedream-5/edit-image']
    version: NotRequired[str]
    input: SeedanceSeedream5EditImageInput
    webhookUrl: NotRequired[str]


class SeedanceSeedream5TextToImageInput(TypedDict):
    """The input of seedance/seedream-5/text-to-image.

    Left out:
    - input.prompt.max_length: at most 5,000 characters (not expressible in python)
    - input.prompt.required: required (not certain: assumed)
    - input.aspect_ratio.allowed: one of "16:9", "9:16", "1:1", "4:3", "3:4", "21:9", "3:2", "2:3" (not certain: sibling)
    """

    prompt: NotRequired[str]
    aspect_ratio: NotRequired[str]
    resolution: NotRequired[Literal['2K', '3K']]


class SeedanceSeedream5TextToImage(TypedDict):
    """A request for seedance/seedream-5/text-to-image."""

    model: Literal['seedance/seedream-5/text-to-image']
    version: NotRequired[str]
    input: SeedanceSeedream5TextToImageInput
    webhookUrl: NotRequired[str]


class XaiGrokImagineImageToVideoInput(TypedDict):
    """The input of xai/grok-imagine/image-to-video.

    Left out:
    - input.image_url.format: an http or https URL (not expressible in python)
    """

    prompt: NotRequired[str]
    image_url: str
    duration: NotRequired[Literal['6', '10', '15']]
    resolution: NotRequired[Literal['480p', '720p']]


class XaiGrokImagineImageToVideo(TypedDict):
    """A request for xai/grok-imagine/image-to-video."""

    model: Literal['xai/grok-imagine/image-to-video']
    version: NotRequired[str]
    input: XaiGrokImagineImageToVideoInput
    webhookUrl: NotRequired[str]


Request: TypeAlias = AlibabaPlusWan2_6FlashImageToVideo | AlibabaPlusWan2_6VideoExtend | AlibabaPlusWan2_7ReferenceToVideo | AlibabaWan2_6FlashImageToVideo | BytedancePlusSeedance1_5ProSuperStartEndFrameToVideo | BytedancePlusSeedreamV4_5ImageToImage | BytedancePlusSeedreamV4_5TextToImage | BytedancePlusSeedreamV5LiteImageToImage | BytedancePlusSeedreamV5LiteTextToImage | BytedanceSeedance2_0FastStartEndFrameToVideo | BytedanceSeedance2_0FastTextToVideo | BytedanceSeedance2_0ImageToVideo | BytedanceSeedance2_0OmniReference | GoogleNanoBanana | GoogleNanoBanana2EditImage | GoogleNanoBananaDevTextToImage | GoogleNanoBananaProExtraEditImage | GoogleNanoBananaProEditImage | GoogleNanoBananaProTextToImage | GoogleNanoBananaEditImage | GoogleVeo3_1EclImageToVideo | GoogleVeo3_1EclStartEndFrameToVideo | GoogleVeo3_1FastImageToVideo | GoogleVeo3_1FastReferenceToVideo | GoogleVeo3_1FastStartEndFrameToVideo | GoogleVeo3_1FastTextToVideo | GoogleVeo3_1QualityTextToVideo | GoogleVeo3_1StartEndFrameToVideo | KlingPlusKling2_1MasterImageToVideo | KlingPlusKling2_1MasterTextToVideo | KlingPlusKling2_1ProImageToVideo | KlingPlusKling2_1ProStartEndFrameToVideo | KlingPlusKling2_5TurboProTextToVideo | KlingPlusKling2_6ProMotionControl | KlingPlusKling3_0ProMotionControl | KlingPlusKling3_0StandardTextToVideo | KlingPlusKlingO1ProVideoEditFast | KlingPlusKlingO1StandardReferenceToVideo | KlingPlusKlingO1StandardStartEndFrameToVideo | KlingPlusKlingO1StandardTextToVideo | KlingPlusKlingO1StandardVideoEdit | KlingPlusKlingO3ProVideoEdit | KlingPlusKlingO3StandardImageToVideo | KlingPlusKlingO3StandardReferenceToVideo | KlingPlusKlingO3StandardTextToVideo | KlingPlusKlingO3StandardVideoEdit | KlingKling2_6I2vImageToVideo | KlingKling2_6ProTextToVideo | KlingKling3_0ProImageToVideo | KlingKling3_0ProStartEndFrameToVideo | KlingKling3_0StandardImageToVideo | KlingKling3_0StandardTextToVideo | KlingKlingExtendV3ExtendVideo | KlingKlingI2vFramesO1StartEndFrameToVideo | KlingKlingI2vFramesV25ImageToVideo | KlingKlingI2vFramesV25StartEndFrameToVideo | KlingKlingI2vFramesV26StartEndFrameToVideo | KlingKlingMotionCreateV3MotionTransferToVideo | KlingKlingOmniO1ImageToVideo | KlingKlingText2videoV25TextToVideo | MinimaxPlusHailuo2_3FastProImageToVideo | MinimaxPlusHailuo2_3FastImageToVideo | MinimaxPlusHailuo2_3ProImageToVideo | MinimaxPlusHailuo2_3ProTextToVideo | MinimaxPlusHailuo2_3StandardImageToVideo | MinimaxPlusHailuo2_3StandardTextToVideo | OpenaiGptImage1MiniEditImage | OpenaiGptImage1_5EditImage | OpenaiGptImage1_5TextToImage | OpenaiSora2ProImageToVideo | OpenaiSora2ProTextToVideo | OpenaiSora2ImageToVideo | OpenaiSora2TextToVideo | PixelbytePlusPixelImage1_0ProImageToImage | PixelbytePlusPixelImage1_0ImageToImage | PixelbytePlusPixelImage1_0TextToImage | RunwayGen4ImageEditImage | RunwayGen4ImageTextToImage | RunwayGen4TurboImageEditImage | RunwayGen4TurboImageToVideo | RunwayGen4_5ImageToVideo | RunwayGen4_5TextToVideo | RunwayGen4ImageToVideo | SeedanceSeedream5EditImage | SeedanceSeedream5TextToImage | XaiGrokImagineImageToVideo
"""A request for any of the models."""
