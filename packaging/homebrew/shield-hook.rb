# A template: `packaging/build formula` fills in the release. Place it in a tap of your own.
class ShieldHook < Formula
  desc "@DESCRIPTION@"
  homepage "@HOMEPAGE@"
  version "@VERSION@"
  license any_of: ["Apache-2.0", "MIT"]

  on_macos do
    on_arm do
      url "@ADDRESS@/shield-hook-@VERSION@-aarch64-macos.tar.gz"
      sha256 "@SHA256 aarch64-macos@"
    end
    on_intel do
      url "@ADDRESS@/shield-hook-@VERSION@-x86_64-macos.tar.gz"
      sha256 "@SHA256 x86_64-macos@"
    end
  end
  on_linux do
    on_arm do
      url "@ADDRESS@/shield-hook-@VERSION@-aarch64-linux.tar.gz"
      sha256 "@SHA256 aarch64-linux@"
    end
    on_intel do
      url "@ADDRESS@/shield-hook-@VERSION@-x86_64-linux.tar.gz"
      sha256 "@SHA256 x86_64-linux@"
    end
  end

  def install
    bin.install "bin/shield-hook"
    man1.install Dir["share/man/man1/*"]
    bash_completion.install "share/bash-completion/completions/shield-hook"
    zsh_completion.install "share/zsh/site-functions/_shield-hook"
    fish_completion.install "share/fish/vendor_completions.d/shield-hook.fish"
  end

  test do
    system "git", "init", "."
    system bin/"shield-hook", "install"
    system bin/"shield-hook", "canary"
  end
end
