#include "common/io/png.h"

#include <png.h>

#include <cerrno>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "common/base/error.h"

namespace shoal::io {

namespace {

struct Reader {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::string message;
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
};

// libpng reports errors by a jump; what it jumps over may have no destructors. Hence these two small functions with
// plain locals only, each false after an error.
[[noreturn]] void on_error(png_structp png, png_const_charp text) {
  static_cast<Reader*>(png_get_error_ptr(png))->message = text;
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

bool read_header(Reader& reader, std::FILE* file) {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  png_init_io(reader.png, file);
  png_read_info(reader.png, reader.info);
  return true;
}

bool read_rows(Reader& reader, png_bytep pixels, std::size_t row_bytes, std::size_t rows) {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  const int passes = png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  for (int pass = 0; pass < passes; ++pass)
    for (std::size_t row = 0; row < rows; ++row) png_read_row(reader.png, pixels + row * row_bytes, nullptr);
  png_read_end(reader.png, nullptr);
  return true;
}

}  // namespace

Image read_png(const std::string& path, std::uint64_t limit) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) raise<IoError>("{}: cannot be opened for reading: {}", path, std::strerror(errno));
  Reader reader;
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, &on_error, &on_warning);
  if (reader.png) reader.info = png_create_info_struct(reader.png);
  if (!reader.info) raise<IoError>("{}: libpng cannot be used", path);
  if (!read_header(reader, file.get())) raise<IoError>("{}: not a sound PNG image: {}", path, reader.message);

  const auto height = png_get_image_height(reader.png, reader.info);
  const auto width = png_get_image_width(reader.png, reader.info);
  const int kind = png_get_color_type(reader.png, reader.info);
  const int depth = png_get_bit_depth(reader.png, reader.info);
  if (depth != 8 || (kind != PNG_COLOR_TYPE_GRAY && kind != PNG_COLOR_TYPE_RGB))
    raise<IoError>("{}: only 8-bit gray and RGB images are read, received colour type {} with {} bits", path, kind,
                   depth);
  Image image;
  image.height = height;
  image.width = width;
  image.channels = kind == PNG_COLOR_TYPE_RGB ? 3 : 1;
  const std::uint64_t row_bytes = std::uint64_t{width} * static_cast<std::uint64_t>(image.channels);
  if (row_bytes * height > limit)
    raise<IoError>("{}: image of {}x{} is larger than the {} bytes allowed", path, width, height, limit);
  // Deflate shrinks at most 1032 times: a header that promises more than the file can hold allocates nothing.
  if (row_bytes * height / 1032 > std::filesystem::file_size(path))
    raise<IoError>("{}: PNG image of {}x{} ends early", path, width, height);
  image.pixels.resize(row_bytes * height);
  if (!read_rows(reader, image.pixels.data(), row_bytes, height))
    raise<IoError>("{}: not a sound PNG image: {}", path, reader.message);
  return image;
}

}  // namespace shoal::io
