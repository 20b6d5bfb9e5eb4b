## Plays live music from a Prestissimo server in Godot 4.
##
## Add this node to a scene, then:
##
##     $PrestissimoPlayer.play_prompt("calm exploration with harp")
##     $PrestissimoPlayer.update({"energy": 0.9, "at": "bar"})
##
## Godot cannot decode Opus packets from memory, so the music comes as 16-bit
## samples: 192 kB a second, meant for a server on the same machine or network.
class_name PrestissimoPlayer
extends AudioStreamPlayer

## A beat begins; `number` counts from the start of the piece.
signal beat(number: int)
## The server has something to say: started, scheduled, warning, error, done ...
signal message(content: Dictionary)

@export var url := "ws://127.0.0.1:8080/v1/stream"

const HEADER_BYTES := 24
const AUDIO := 1
const SAMPLE_RATE := 48000
## Music that waits in the loudspeaker, at most, in seconds.
const BUFFER_SECONDS := 0.5

var _socket := WebSocketPeer.new()
var _playback: AudioStreamGeneratorPlayback
var _queue := PackedVector2Array()
var _start := {}
var _started := false
var _greeted := false
var _last_beat := -1


func _ready() -> void:
	var generator := AudioStreamGenerator.new()
	generator.mix_rate = SAMPLE_RATE
	generator.buffer_length = BUFFER_SECONDS
	stream = generator
	# Packets come faster than Godot's own limit expects at the start.
	_socket.inbound_buffer_size = 1 << 20
	_socket.max_queued_packets = 4096
	_socket.supported_protocols = PackedStringArray(["prestissimo.v1"])


## Starts to play, endlessly; `controls` are further fields of `start`.
func play_prompt(prompt: String, controls := {}) -> void:
	_start = {
		"type": "start",
		"stream": "game",
		"prompts": [{"text": prompt}],
		"format": {"codec": "pcm_s16le"},
	}
	_start.merge(controls)
	_started = false
	if _socket.get_ready_state() == WebSocketPeer.STATE_CLOSED:
		_greeted = false
		var fault := _socket.connect_to_url(url)
		if fault != OK:
			push_error("Cannot connect to %s: %s" % [url, error_string(fault)])
			return
	elif _greeted:
		_tell({"type": "cancel", "stream": "game"})


## Changes the music: prompts, energy, parts, bpm, with `at` and `ramp`.
func update(controls: Dictionary) -> void:
	_tell({"type": "update", "stream": "game"}.merged(controls))


## Ends the music at once.
func stop_music() -> void:
	_start = {}
	_started = false
	_queue.clear()
	_tell({"type": "cancel", "stream": "game"})
	stop()


func _process(_delta: float) -> void:
	_socket.poll()
	while _socket.get_available_packet_count() > 0:
		var packet := _socket.get_packet()
		if _socket.was_string_packet():
			_take_text(packet.get_string_from_utf8())
		else:
			_take_audio(packet)
	_fill()


func _take_text(text: String) -> void:
	var content: Dictionary = JSON.parse_string(text)
	match content["type"]:
		"hello":
			_greeted = true
			_begin()
		"started":
			_queue.clear()
			_last_beat = -1
			_started = true
		"cancelled", "done":
			_begin()
		"error":
			push_warning(content["message"])
	message.emit(content)


func _begin() -> void:
	if not _start.is_empty() and not _started:
		_tell(_start)


## Header, little-endian: kind u8, flags u8, handle u16, seq u32, sample u64,
## beat f64; then stereo samples.
func _take_audio(packet: PackedByteArray) -> void:
	if packet.size() < HEADER_BYTES or packet.decode_u8(0) != AUDIO or not _started:
		return
	var number := int(floor(packet.decode_double(16)))
	if number > _last_beat:
		_last_beat = number
		beat.emit(number)
	for at in range(HEADER_BYTES, packet.size() - 3, 4):
		var left := packet.decode_s16(at) / 32768.0
		var right := packet.decode_s16(at + 2) / 32768.0
		_queue.append(Vector2(left, right))


func _fill() -> void:
	if _queue.is_empty():
		return
	if not playing:
		play()
		_playback = get_stream_playback()
	var room := mini(_playback.get_frames_available(), _queue.size())
	if room > 0 and _playback.push_buffer(_queue.slice(0, room)):
		_queue = _queue.slice(room)


func _tell(content: Dictionary) -> void:
	if _socket.get_ready_state() == WebSocketPeer.STATE_OPEN:
		_socket.send_text(JSON.stringify(content))
