# Reads the podspec as CocoaPods would, with a stand-in for it, and compares it with the package's files.
#
#   ruby podspec.rb PACKAGE-FOLDER [screens]     `screens` as in a Podfile that asks for the screens for signing in
#
# It fails if a glob finds nothing, if a source file or the library of the package is not taken in, or if what the sources need is
# not said.

require 'json'
require 'pathname'

# What React Native's own pod helpers are asked, noted.
HELPERS = []
def install_modules_dependencies(spec, **)
  HELPERS << :install_modules_dependencies
  spec.dependency 'React-Core'
end

def min_ios_version_supported = '15.1'

module Pod
  # Notes whatever is set.
  class Spec
    attr_reader :said

    def initialize
      @said = { 'dependencies' => [] }
      yield self
    end

    def dependency(name) = @said['dependencies'] << name
    def method_missing(name, *values) = name.end_with?('=') ? @said[name.to_s.chomp('=')] = values.first : @said[name.to_s]
    def respond_to_missing?(*) = true
  end
end

folder = Pathname(ARGV.fetch(0)).realpath
$AppwriteSessionScreens = true if ARGV[1] == 'screens'
files = folder.glob('*.podspec')
abort "there are #{files.size} podspecs in #{folder}, not one" unless files.size == 1
spec = Dir.chdir(folder) { eval(files.first.read, TOPLEVEL_BINDING.dup, files.first.to_s) }
said = spec.said
puts JSON.generate(said)

$faults = []
$checks = 0
def check(fault, held)
  $checks += 1
  $faults << fault unless held
end

package = JSON.parse((folder + 'package.json').read)
globs = ->(name) { Array(said[name]) }
# The files of the globs under that name, each of which must find some.
found = lambda do |name|
  globs[name].flat_map do |glob|
    paths = folder.glob(glob).select { |path| path.file? || path.extname == '.xcframework' }
    check("#{name}: nothing is like #{glob}", paths.any?)
    paths.map { |path| path.relative_path_from(folder).to_s }
  end
end

%w[name version summary homepage license authors platforms source].each { |name| check("#{name} is not said", said[name]) }
check('its version is not that of package.json', said['version'] == package['version'])
check("the file's name is not the pod's", files.first.basename('.podspec').to_s == said['name'])
check('iOS is not 15.1 or newer', Gem::Version.new((said['platforms'] || {})[:ios] || '0') >= Gem::Version.new('15.1'))
check('install_modules_dependencies is not called', HELPERS == [:install_modules_dependencies])
check('no Swift version is said', said['swift_version'] || said['swift_versions'])

sources = found['source_files']
private_headers = found['private_header_files']
wanted = folder.glob('ios/**/*.{swift,mm,m,h}').map { |path| path.relative_path_from(folder).to_s }
wanted.reject! { |path| path.include?('.xcframework/') }
# An app that does not ask for the screens compiles nothing of them.
optional = wanted.select { |path| path.start_with?('ios/screens/', 'ios/bindings/screens/') }
check('there are no screens', optional.any? { |path| path.include?('/bindings/') } && optional.any? { |path| !path.include?('/bindings/') })
wanted -= optional unless ARGV[1] == 'screens'
check("taken without being asked for: #{(sources & optional - wanted).join(', ')}", (sources & optional - wanted).empty?)
condition = (said['pod_target_xcconfig'] || {})['SWIFT_ACTIVE_COMPILATION_CONDITIONS'].to_s
check('the condition of the screens is not that of their sources', condition.include?('APPWRITE_SESSION_SCREENS') == (ARGV[1] == 'screens'))
check('AuthenticationServices is linked without being asked for', globs['frameworks'].include?('AuthenticationServices') == (ARGV[1] == 'screens'))
check("not among the sources: #{(wanted - sources).join(', ')}", (wanted - sources).empty?)
check("taken from the XCFramework: #{sources.grep(/xcframework/).join(', ')}", sources.grep(/xcframework/).empty?)
check('a private header is not among the sources', (private_headers - sources).empty?)
check('the header of C++ is not private', private_headers.include?('ios/AppwriteSession.h'))
check('the XCFramework is not vendored', found['vendored_frameworks'] == ['ios/AppwriteSessionFFI.xcframework'])

resources = (said['resource_bundles'] || {}).values.flatten
resources.each { |glob| check("nothing is like #{glob}", folder.glob(glob).any?) }
check('the privacy manifest is not among the resources', resources.include?('ios/PrivacyInfo.xcprivacy'))

# Apple's frameworks that a source asks for by name, and the library's own, which is linked as it is.
imported = sources.flat_map { |path| (folder + path).read.scan(/^\s*(?:import |#import <)([A-Za-z]+)/) }.flatten.uniq
((imported & %w[AuthenticationServices CryptoKit LocalAuthentication UIKit]) + %w[CoreFoundation Security]).each do |name|
  check("#{name} is not among the frameworks", globs['frameworks'].include?(name))
end

$faults.each { |fault| warn "#{files.first.basename}: #{fault}" }
puts "#{$checks} checks of #{files.first.basename}, #{$faults.size} failed"
exit $faults.empty?
